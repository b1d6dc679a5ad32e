//! `cargo xtask proxy-sample`: tries `ops/nginx.conf` with nginx: which TLS it speaks, what it redirects, what it passes
//! on, and what it logs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::directories;
use crate::packages;
use crate::process;

const READY_LIMIT: Duration = Duration::from_secs(10);
const SECRET: &str = "a-secret-of-a-feed";

/// Fails with what is not as `docs/operations.md` says.
pub fn check() -> Result<()> {
    let nginx = program("nginx", "nginx")?;
    let openssl = program("openssl", "openssl")?;
    let folder = directories::scratch()?.join("proxy");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let certificate = folder.join("nadi.crt");
    let mut made = Command::new(&openssl);
    made.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"])
        .args(["/CN=nadi.example", "-addext", "subjectAltName=DNS:nadi.example", "-keyout"])
        .arg(folder.join("nadi.key"))
        .arg("-out")
        .arg(&certificate);
    process::capture(&mut made).context("no certificate for the test")?;
    let (plain, tls) = (free_port()?, free_port()?);
    let upstream = echo()?;
    fs::write(folder.join("nginx.conf"), configuration(&folder, plain, tls, upstream)?)?;
    let proxy = Proxy::start(&nginx, &folder, plain)?;

    for (path, status) in
        [("/doctors?q=a", 301), ("/api/v1/doctors", 403), ("/feeds/x.ics", 403), ("/fn/hold", 403)]
    {
        let answer = ask(plain, path)?;
        let found = answer.split(' ').nth(1).unwrap_or_default();
        ensure!(found == status.to_string(), "{path} without TLS: {answer}");
        let to = format!("Location: https://nadi.example{path}\r\n");
        ensure!(answer.contains(&to) == (status == 301), "{path} without TLS: {answer}");
    }

    let handshake = |options: &[&str]| -> Result<(bool, String)> {
        let mut client = Command::new(&openssl);
        client.args(["s_client", "-connect", &format!("127.0.0.1:{tls}")]).args(options);
        let done = client.stdin(Stdio::null()).output()?;
        let said =
            [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Ok((done.status.success(), said.concat()))
    };
    for version in ["-tls1", "-tls1_1"] {
        let (accepted, said) = handshake(&[version, "-cipher", "ALL:@SECLEVEL=0"])?;
        ensure!(!accepted && said.contains("alert protocol version"), "{version}: {said}");
    }
    for cipher in ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA"] {
        let (accepted, said) = handshake(&["-tls1_2", "-cipher", cipher])?;
        ensure!(!accepted && said.contains("alert handshake failure"), "{cipher}: {said}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let (accepted, said) = handshake(&[version])?;
        ensure!(accepted, "{version}: {said}");
    }

    let mut client = Command::new(&openssl);
    client
        .args(["s_client", "-quiet", "-verify_quiet", "-verify_return_error", "-CAfile"])
        .arg(&certificate)
        .args(["-servername", "nadi.example", "-connect", &format!("127.0.0.1:{tls}")]);
    let mut client = client
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("openssl does not start")?;
    let request = format!(
        "GET /feeds/{SECRET}.ics?q={SECRET} HTTP/1.1\r\nHost: nadi.example\r\nX-Forwarded-For: 192.0.2.1\r\n\
         X-Request-Id: 00000000-0000-4000-8000-000000000000\r\nConnection: close\r\n\r\n"
    );
    client.stdin.take().context("no input")?.write_all(request.as_bytes())?;
    let answer = String::from_utf8_lossy(&client.wait_with_output()?.stdout).into_owned();
    for line in ["Host: nadi.example", "X-Forwarded-For: 127.0.0.1"] {
        ensure!(answer.contains(&format!("{line}\r\n")), "{line} is not passed on: {answer}");
    }
    ensure!(!answer.contains("192.0.2.1"), "the client has chosen its address: {answer}");
    ensure!(!answer.contains("-4000-8000-"), "the client has chosen the id: {answer}");
    let id = answer.lines().find_map(|line| line.strip_prefix("X-Request-Id: "));
    let id = id.context("no id is passed on")?.to_owned();
    drop(proxy);
    let log = fs::read_to_string(folder.join("nadi.log"))?;
    ensure!(log.contains(&format!(" {id} ")), "the log lacks the id {id}: {log}");
    ensure!(log.contains("/feeds/(left out)") && !log.contains(SECRET), "{log}");
    Ok(())
}

fn program(name: &str, package: &str) -> Result<PathBuf> {
    // Not everybody has the folder of the system's programs on the path.
    let find = || {
        let others = ["/usr/sbin", "/usr/local/sbin"].map(|folder| Path::new(folder).join(name));
        packages::on_path(name)
            .or_else(|| others.into_iter().find(|path| packages::is_program(path)))
    };
    if find().is_none() {
        packages::install(name, &[package])?;
    }
    find().with_context(|| format!("{name} cannot be found"))
}

/// The sample with the ports and files of this test, in a configuration of its own.
fn configuration(folder: &Path, plain: u16, tls: u16, upstream: u16) -> Result<String> {
    let sample = fs::read_to_string(directories::root().join("ops/nginx.conf"))?;
    let here = folder.to_str().context("the folder's name is no text")?;
    let mut site = sample;
    for (from, to) in [
        ("listen [::]:80;", String::new()),
        ("listen [::]:443 ssl http2;", String::new()),
        ("listen 80;", format!("listen 127.0.0.1:{plain};")),
        ("listen 443 ssl http2;", format!("listen 127.0.0.1:{tls} ssl http2;")),
        ("127.0.0.1:3000", format!("127.0.0.1:{upstream}")),
        ("/etc/nginx/", format!("{here}/")),
        ("/var/log/nginx/", format!("{here}/")),
    ] {
        ensure!(site.contains(from), "ops/nginx.conf has no `{from}`");
        site = site.replace(from, &to);
    }
    let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {here}/{name};\n"))
        .concat();
    Ok(format!(
        "daemon off;\nmaster_process off;\npid {here}/pid;\nerror_log {here}/error.log;\n\
         events {{}}\nhttp {{\n{folders}{site}\n}}\n"
    ))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A server that answers each request with its own head; returns its port.
fn echo() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut head = String::new();
            let mut reader = BufReader::new(&stream);
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let length = head.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{head}");
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    Ok(port)
}

/// The answer to a request without TLS.
fn ask(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: nadi.example\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// nginx, which is ended when this is dropped.
struct Proxy(Child);

impl Proxy {
    fn start(nginx: &Path, folder: &Path, port: u16) -> Result<Self> {
        let mut command = Command::new(nginx);
        command.arg("-e").arg(folder.join("start.log")).arg("-c").arg(folder.join("nginx.conf"));
        let output = fs::File::create(folder.join("output.log"))?;
        let child = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn();
        let mut proxy = Self(child.context("nginx does not start")?);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if proxy.0.try_wait()?.is_some() || started.elapsed() > READY_LIMIT {
                bail!("nginx does not run: {}", process::tail(&folder.join("output.log")));
            }
            process::pause(Duration::from_millis(20))?;
        }
        Ok(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

//! Child processes. Each is in a group of its own, so that Ctrl-C reaches us alone and we decide
//! in which order things stop; each is told to stop by the kernel should we be killed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How often we were asked to stop.
static STOPS: AtomicUsize = AtomicUsize::new(0);

/// How long a tool (not a service) has to end after SIGTERM.
const TOOL_GRACE: Duration = Duration::from_secs(5);

/// We were asked to stop: not a failure of what was being done.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// From here on SIGINT, SIGTERM and SIGHUP are counted instead of ending us at once.
pub fn watch_signals() -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            STOPS.fetch_add(1, Ordering::SeqCst);
        }
    });
    Ok(())
}

pub fn stops() -> usize {
    STOPS.load(Ordering::SeqCst)
}

/// An error once we were asked to stop.
pub fn check_stop() -> Result<()> {
    if stops() > 0 {
        return Err(Interrupted.into());
    }
    Ok(())
}

/// Sleeps, unless we were asked to stop.
pub fn pause(time: Duration) -> Result<()> {
    check_stop()?;
    thread::sleep(time);
    check_stop()
}

/// Starts a command in a group of its own, with no standard input.
///
/// Only from the main thread: the kernel's notice of our death goes by thread.
fn spawn(command: &mut Command, signal_when_orphaned: Signal) -> Result<Child> {
    command.process_group(0).stdin(Stdio::null());
    when_orphaned(command, signal_when_orphaned);
    command.spawn().with_context(|| format!("cannot start {}", describe(command)))
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn when_orphaned(command: &mut Command, signal: Signal) {
    // SAFETY: between fork and exec the closure makes one system call and touches no memory of
    // the parent, so it is async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(signal)).map_err(Into::into)
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn when_orphaned(_command: &mut Command, _signal: Signal) {}

fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

fn signal_group(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process_group(pid, signal);
    }
}

/// Waits for a tool to end; when we are asked to stop, or the limit passes, ends its whole group.
fn wait(child: &mut Child, limit: Option<Duration>) -> Result<ExitStatus> {
    let started = Instant::now();
    let mut nap = Duration::from_millis(2);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let late = limit.is_some_and(|limit| started.elapsed() > limit);
        if late || stops() > 0 {
            signal_group(child.id(), Signal::TERM);
            let asked = Instant::now();
            while child.try_wait()?.is_none() && asked.elapsed() < TOOL_GRACE {
                thread::sleep(Duration::from_millis(20));
            }
            signal_group(child.id(), Signal::KILL);
            child.wait()?;
            check_stop()?;
            bail!("no end after {} s", started.elapsed().as_secs());
        }
        thread::sleep(nap);
        nap = (nap * 2).min(Duration::from_millis(50));
    }
}

/// Runs a tool with its output shown; an error unless it exits 0.
pub fn run(command: &mut Command) -> Result<()> {
    check_stop()?;
    let mut child = spawn(command, Signal::TERM)?;
    let status = wait(&mut child, None)?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Runs a tool that must not be cut off half-way (a package manager): a request to stop is obeyed
/// after it has ended.
pub fn run_to_the_end(command: &mut Command) -> Result<()> {
    check_stop()?;
    command.process_group(0).stdin(Stdio::null());
    let status = command.status().with_context(|| format!("cannot start {}", describe(command)))?;
    check_stop()?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Runs a quick tool quietly and gives what it printed; its error output becomes the error.
pub fn capture(command: &mut Command) -> Result<String> {
    capture_within(command, None)
}

/// The same, with a time limit.
pub fn capture_within(command: &mut Command, limit: Option<Duration>) -> Result<String> {
    check_stop()?;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(command, Signal::TERM)?;
    let out = read_all(child.stdout.take());
    let err = read_all(child.stderr.take());
    let status = wait(&mut child, limit)?;
    let (out, err) = (join(out), join(err));
    if !status.success() {
        let said = if err.trim().is_empty() { &out } else { &err };
        bail!("`{}` failed ({status}): {}", describe(command), said.trim());
    }
    Ok(out)
}

/// Runs a tool with its output shown as it comes, and gives its standard output's lines too.
pub fn tee(command: &mut Command) -> Result<(bool, Vec<String>)> {
    check_stop()?;
    command.stdout(Stdio::piped());
    let mut child = spawn(command, Signal::TERM)?;
    let out = child.stdout.take().ok_or_else(|| anyhow!("no output"))?;
    let reader = thread::spawn(move || {
        let mut lines = Vec::new();
        for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            println!("{line}");
            lines.push(line);
        }
        lines
    });
    let ended = wait(&mut child, None);
    // Whatever it left running would hold the pipe open.
    signal_group(child.id(), Signal::KILL);
    let lines = reader.join().unwrap_or_default();
    Ok((ended?.success(), lines))
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn join(reader: JoinHandle<String>) -> String {
    reader.join().unwrap_or_default()
}

/// A process that runs until it is told to stop, noted in a file so that a later start can
/// recognise what a killed one left behind.
pub struct Service {
    name: &'static str,
    child: Child,
    stop_with: Signal,
    grace: Duration,
    pid_file: PathBuf,
    ended: bool,
}

impl Service {
    /// `mark` is a text in the command line that no other process has: a path of this clone.
    pub fn start(
        name: &'static str,
        command: &mut Command,
        stop_with: Signal,
        grace: Duration,
        pid_file: PathBuf,
        mark: &str,
    ) -> Result<Service> {
        check_stop()?;
        let child = spawn(command, Signal::TERM)?;
        let service = Service { name, child, stop_with, grace, pid_file, ended: false };
        fs::write(&service.pid_file, format!("{}\n{mark}\n", service.child.id()))
            .with_context(|| format!("cannot write {}", service.pid_file.display()))?;
        Ok(service)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// Ends it as a crash would: at once, without a word to it.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            rustix::process::kill_process(pid, Signal::KILL)?;
        }
        self.child.wait()?;
        self.ended = true;
        let _ = fs::remove_file(&self.pid_file);
        Ok(())
    }

    /// Asks it to stop and waits; kills it when its time is over or when we are asked once more.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        let asked = Instant::now();
        let asked_before = stops();
        if self.child.try_wait()?.is_none() {
            // To the leader alone: a database tells its own children what to do.
            if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, self.stop_with);
            }
        }
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.ended = true;
                let _ = fs::remove_file(&self.pid_file);
                return Ok(status);
            }
            if asked.elapsed() > self.grace || stops() > asked_before.max(1) {
                signal_group(self.child.id(), Signal::KILL);
                self.child.wait()?;
                self.ended = true;
                let _ = fs::remove_file(&self.pid_file);
                bail!(
                    "{} had to be killed after {:.1} s",
                    self.name,
                    asked.elapsed().as_secs_f32()
                );
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.ended
            && let Err(error) = self.stop()
        {
            eprintln!("{error:#}");
        }
    }
}

/// Ends the process a pid file names, if it is still the one that was noted there. True if it was.
pub fn end_leftover(pid_file: &Path, signal: Signal, grace: Duration) -> Result<bool> {
    let Ok(noted) = fs::read_to_string(pid_file) else {
        return Ok(false);
    };
    let mut lines = noted.lines();
    let pid: Option<i32> = lines.next().and_then(|pid| pid.trim().parse().ok());
    let mark = lines.next().unwrap_or_default().to_owned();
    let Some(pid) = pid.and_then(Pid::from_raw) else {
        fs::remove_file(pid_file)?;
        return Ok(false);
    };
    let alive = || !mark.is_empty() && command_line(pid).is_some_and(|line| line.contains(&mark));
    let found = alive();
    if found {
        let _ = rustix::process::kill_process(pid, signal);
        let asked = Instant::now();
        while alive() {
            check_stop()?;
            if asked.elapsed() > grace {
                let _ = rustix::process::kill_process_group(pid, Signal::KILL);
                thread::sleep(Duration::from_millis(200));
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    fs::remove_file(pid_file)?;
    Ok(found)
}

/// The command line of a living process; nothing for one that is gone or a zombie.
fn command_line(pid: Pid) -> Option<String> {
    let number = pid.as_raw_nonzero();
    if Path::new("/proc/self").exists() {
        let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let line = Command::new("ps").args(["-o", "args=", "-p", &number.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&line.stdout).into_owned())
}

/// Whether a process is dead and only its exit status is left.
pub fn is_zombie(pid: u32) -> bool {
    // `123 (name) Z …`, and the name may hold anything.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}

/// The last lines of a log, for an error message.
pub fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(20);
    format!("{}:\n  {}", log.display(), lines[from..].join("\n  "))
}

/// A fresh log file; the one before is kept beside it.
pub fn new_log(log: &Path) -> Result<File> {
    let _ = fs::rename(log, log.with_extension("log.old"));
    File::create(log).with_context(|| format!("cannot write {}", log.display()))
}

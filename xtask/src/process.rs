//! Child processes. Each is in a process group of its own, so that Ctrl-C reaches only us and we decide in which
//! order they stop. Should we be killed, the kernel sends each of them a signal.

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

/// How many signals to stop we have received.
static STOP_REQUESTS: AtomicUsize = AtomicUsize::new(0);

/// How long a tool (not a service) may take to end after SIGTERM.
const TOOL_GRACE: Duration = Duration::from_secs(5);

/// The error when we received a signal to stop. It is not a failure of the work that was interrupted.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Counts SIGINT, SIGTERM and SIGHUP from now on, instead of being ended by them.
pub fn watch_signals() -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            STOP_REQUESTS.fetch_add(1, Ordering::SeqCst);
        }
    });
    Ok(())
}

pub fn stop_requests() -> usize {
    STOP_REQUESTS.load(Ordering::SeqCst)
}

/// Fails with [`Interrupted`] when we have received a signal to stop.
pub fn fail_if_interrupted() -> Result<()> {
    if stop_requests() > 0 {
        return Err(Interrupted.into());
    }
    Ok(())
}

/// Sleeps. Fails when we have received a signal to stop, before or meanwhile.
pub fn pause(time: Duration) -> Result<()> {
    fail_if_interrupted()?;
    thread::sleep(time);
    fail_if_interrupted()
}

/// Starts a command in a process group of its own, without standard input.
///
/// The kernel sends the death signal when the thread that started the child ends, so call this only from a thread
/// that outlives the child.
fn spawn(command: &mut Command, signal_when_orphaned: Signal) -> Result<Child> {
    command.process_group(0).stdin(Stdio::null());
    signal_on_parent_death(command, signal_when_orphaned);
    command.spawn().with_context(|| format!("cannot start {}", describe(command)))
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn signal_on_parent_death(command: &mut Command, signal: Signal) {
    // SAFETY: between fork and exec the closure makes one system call and touches no memory of
    // the parent, so it is async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(signal)).map_err(Into::into)
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn signal_on_parent_death(_command: &mut Command, _signal: Signal) {}

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

/// Waits until a tool ends. Ends its process group when we receive a signal to stop or the limit has passed.
fn wait(child: &mut Child, limit: Option<Duration>) -> Result<ExitStatus> {
    let started = Instant::now();
    let mut poll_interval = Duration::from_millis(2);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let timed_out = limit.is_some_and(|limit| started.elapsed() > limit);
        if timed_out || stop_requests() > 0 {
            signal_group(child.id(), Signal::TERM);
            let requested_at = Instant::now();
            while child.try_wait()?.is_none() && requested_at.elapsed() < TOOL_GRACE {
                thread::sleep(Duration::from_millis(20));
            }
            signal_group(child.id(), Signal::KILL);
            child.wait()?;
            fail_if_interrupted()?;
            bail!("timed out after {} s", started.elapsed().as_secs());
        }
        thread::sleep(poll_interval);
        poll_interval = (poll_interval * 2).min(Duration::from_millis(50));
    }
}

/// Runs a tool and shows its output. Fails unless it exits with success.
pub fn run(command: &mut Command) -> Result<()> {
    fail_if_interrupted()?;
    let mut child = spawn(command, Signal::TERM)?;
    let status = wait(&mut child, None)?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Runs a tool that must not be interrupted (a package manager). A signal to stop takes effect after it has ended.
pub fn run_uninterrupted(command: &mut Command) -> Result<()> {
    fail_if_interrupted()?;
    command.process_group(0).stdin(Stdio::null());
    let status = command.status().with_context(|| format!("cannot start {}", describe(command)))?;
    fail_if_interrupted()?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Runs a tool without showing its output, and returns its standard output. If it fails, the error contains what it
/// printed to standard error.
pub fn capture(command: &mut Command) -> Result<String> {
    capture_with_timeout(command, None)
}

/// Like [`capture`], with a time limit.
pub fn capture_with_timeout(command: &mut Command, limit: Option<Duration>) -> Result<String> {
    fail_if_interrupted()?;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(command, Signal::TERM)?;
    let out = read_all(child.stdout.take());
    let err = read_all(child.stderr.take());
    let status = wait(&mut child, limit)?;
    let (out, err) = (join(out), join(err));
    if !status.success() {
        let message = if err.trim().is_empty() { &out } else { &err };
        bail!("`{}` failed ({status}): {}", describe(command), message.trim());
    }
    Ok(out)
}

/// Runs a tool and shows its output as it is printed. Returns whether it succeeded, and the lines of its standard
/// output.
pub fn tee(command: &mut Command) -> Result<(bool, Vec<String>)> {
    fail_if_interrupted()?;
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
    // Processes that the tool left running would keep the pipe open, and the reader would never end.
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

/// A process that runs until it is stopped. Its pid is written to a file, so that a later run can find the process
/// when we were killed.
pub struct Service {
    name: &'static str,
    child: Child,
    stop_with: Signal,
    grace: Duration,
    pid_file: PathBuf,
    ended: bool,
}

impl Service {
    /// `command_line_part` is a text that occurs in the command line of this process only, such as a path of this
    /// clone. A later run recognizes the process by it.
    pub fn start(
        name: &'static str,
        command: &mut Command,
        stop_with: Signal,
        grace: Duration,
        pid_file: PathBuf,
        command_line_part: &str,
    ) -> Result<Service> {
        fail_if_interrupted()?;
        let child = spawn(command, Signal::TERM)?;
        let service = Service { name, child, stop_with, grace, pid_file, ended: false };
        fs::write(&service.pid_file, format!("{}\n{command_line_part}\n", service.child.id()))
            .with_context(|| format!("cannot write {}", service.pid_file.display()))?;
        Ok(service)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, if the process has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// Kills the process at once with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            rustix::process::kill_process(pid, Signal::KILL)?;
        }
        self.child.wait()?;
        self.ended = true;
        let _ = fs::remove_file(&self.pid_file);
        Ok(())
    }

    /// Asks the process to stop and waits. Kills its group after the grace period, or when we receive another signal
    /// to stop meanwhile.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        let requested_at = Instant::now();
        let requests_before = stop_requests();
        if self.child.try_wait()?.is_none() {
            // Only to the process itself: a database stops its own children.
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
            if requested_at.elapsed() > self.grace || stop_requests() > requests_before.max(1) {
                signal_group(self.child.id(), Signal::KILL);
                self.child.wait()?;
                self.ended = true;
                let _ = fs::remove_file(&self.pid_file);
                bail!(
                    "{} had to be killed after {:.1} s",
                    self.name,
                    requested_at.elapsed().as_secs_f32()
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

/// Stops the process of a pid file, if it is still the recorded one. Returns whether it was.
pub fn stop_leftover(pid_file: &Path, signal: Signal, grace: Duration) -> Result<bool> {
    let Ok(recorded) = fs::read_to_string(pid_file) else {
        return Ok(false);
    };
    let mut lines = recorded.lines();
    let pid: Option<i32> = lines.next().and_then(|pid| pid.trim().parse().ok());
    let command_line_part = lines.next().unwrap_or_default().to_owned();
    let Some(pid) = pid.and_then(Pid::from_raw) else {
        fs::remove_file(pid_file)?;
        return Ok(false);
    };
    let alive = || {
        !command_line_part.is_empty()
            && command_line(pid).is_some_and(|line| line.contains(&command_line_part))
    };
    let found = alive();
    if found {
        let _ = rustix::process::kill_process(pid, signal);
        let requested_at = Instant::now();
        while alive() {
            fail_if_interrupted()?;
            if requested_at.elapsed() > grace {
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

/// The command line of a process. Empty for a zombie, `None` when there is no such process.
fn command_line(pid: Pid) -> Option<String> {
    let number = pid.as_raw_nonzero();
    if Path::new("/proc/self").exists() {
        let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let line = Command::new("ps").args(["-o", "args=", "-p", &number.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&line.stdout).into_owned())
}

/// Whether a process has ended but its parent has not yet read the exit status.
pub fn is_zombie(pid: u32) -> bool {
    // The format is `123 (name) Z …`, and the name may contain any character.
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

/// Creates an empty log file and renames the previous one to `*.log.old`.
pub fn rotate_log(log: &Path) -> Result<File> {
    let _ = fs::rename(log, log.with_extension("log.old"));
    File::create(log).with_context(|| format!("cannot write {}", log.display()))
}

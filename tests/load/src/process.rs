//! A child process with its CPU time and memory, read from Linux's /proc.

use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use crate::Failure;

/// A running process; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| format!("cannot start {program}: {error}"))?;
        Ok(Self(child))
    }

    /// The CPU time of all threads so far, in user and in system mode.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let ticks = cpu_ticks(&stat).ok_or("/proc does not have Linux's format")?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }

    /// The resident memory, in MB.
    pub(crate) fn resident_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmRSS:")
    }

    /// The peak of the resident memory, in MB.
    pub(crate) fn peak_resident_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmHWM:")
    }

    fn memory_mb(&self, field: &str) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        Ok(memory_mb(&status, field).ok_or("/proc does not have Linux's format")?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The sum of `utime` and `stime`, fields 14 and 15 of proc_pid_stat(5); field 2, the name, may contain spaces.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// A field of proc_pid_status(5) in MB; a `kB` there is 1024 bytes.
fn memory_mb(status: &str, field: &str) -> Option<f64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u32 = rest.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kib) * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    #[test]
    fn cpu_time_is_read_after_a_name_with_spaces_and_brackets() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 20 3 90 91 20 0 4 0 5 6 7";
        assert_eq!(cpu_ticks(stat), Some(23));
        assert_eq!(cpu_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_from_the_named_field() {
        let status = "VmPeak:\t  9000 kB\nVmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\n";
        assert_eq!(memory_mb(status, "VmRSS:"), Some(1.024));
        assert_eq!(memory_mb(status, "VmHWM:"), Some(2.048));
        assert_eq!(memory_mb(status, "VmSwap:"), None);
    }

    #[test]
    fn a_running_process_has_cpu_time_and_memory() -> TestResult {
        let process = Process::start(Command::new("sleep").arg("60"))?;
        process.cpu()?;
        assert!(process.peak_resident_mb()? > 0.0);
        Ok(())
    }
}

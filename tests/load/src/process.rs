//! A child process, and what Linux tells about its time and memory.

use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use crate::Failure;

/// A running process, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| format!("cannot start {program}: {error}"))?;
        Ok(Self(child))
    }

    /// The time that it has had on processors, in user and in system mode, all threads together.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let ticks = cpu_ticks(&stat).ok_or("/proc has another form than that of Linux")?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }

    /// The memory that it has now.
    pub(crate) fn resident_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmRSS:")
    }

    /// The most memory that it has had.
    pub(crate) fn peak_resident_mb(&self) -> Result<f64, Failure> {
        self.memory_mb("VmHWM:")
    }

    fn memory_mb(&self, field: &str) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        Ok(memory_mb(&status, field).ok_or("/proc has another form than that of Linux")?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `utime` and `stime` of proc_pid_stat(5), its 14th and 15th field; the 2nd, the name, may hold spaces.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// A field of proc_pid_status(5); its `kB` are of 1024 bytes.
fn memory_mb(status: &str, field: &str) -> Option<f64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u32 = rest.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kib) * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_behind_a_name_with_spaces_and_brackets() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 20 3 90 91 20 0 4 0 5 6 7";
        assert_eq!(cpu_ticks(stat), Some(23));
        assert_eq!(cpu_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_by_its_field() {
        let status = "VmPeak:\t  9000 kB\nVmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\n";
        assert_eq!(memory_mb(status, "VmRSS:"), Some(1.024));
        assert_eq!(memory_mb(status, "VmHWM:"), Some(2.048));
        assert_eq!(memory_mb(status, "VmSwap:"), None);
    }

    #[test]
    fn a_running_process_has_time_and_memory() {
        let process = Process::start(Command::new("sleep").arg("60")).expect("it starts");
        assert!(process.cpu().is_ok());
        assert!(process.peak_resident_mb().expect("memory") > 0.0);
    }
}

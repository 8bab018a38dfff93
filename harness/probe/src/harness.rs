//! The harness itself, measured like the target.

use rustix::time::{ClockId, clock_gettime};
use timeline::{Metric, Subject};

use crate::files;
use crate::proc::Status;
use crate::reader::{ReadError, Reader};

/// Reads what this process uses, without its children.
#[derive(Debug)]
pub(crate) struct Harness;

impl Reader for Harness {
    fn name(&self) -> &'static str {
        "/proc/self"
    }

    fn subject(&self) -> Subject {
        Subject::Harness
    }

    fn metrics(&self) -> Vec<(Metric, &'static str)> {
        vec![
            (Metric::AnonymousMemory, "/proc"),
            (Metric::ResidentMemory, "/proc"),
            (Metric::Threads, "/proc"),
            (Metric::OpenFiles, "/proc"),
            // To the nanosecond, where `/proc` counts in ticks of ten milliseconds.
            (Metric::CpuTime, "process clock"),
        ]
    }

    fn read(&mut self, values: &mut Vec<(Metric, f64)>) -> Result<(), ReadError> {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        values.push((Metric::CpuTime, cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9));
        let status = Status::read("self")?;
        values.push((Metric::AnonymousMemory, status.anonymous as f64));
        values.push((Metric::ResidentMemory, status.resident as f64));
        values.push((Metric::Threads, status.threads as f64));
        values.push((Metric::OpenFiles, files::own()? as f64));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_promised_is_read() {
        let mut values = Vec::new();
        Harness.read(&mut values).unwrap();
        for (metric, _) in Harness.metrics() {
            let value = values.iter().find(|(read, _)| *read == metric).unwrap().1;
            assert!(value > 0.0, "{metric}: {value}");
        }
    }
}

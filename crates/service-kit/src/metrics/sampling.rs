//! What nobody passes by: looked at now and then.

use super::catalogue::{DISK_FREE, DISK_SIZE, LOG_RESERVE, SET_ASIDE};
use crate::Kit;
use crate::limits::SAMPLE_INTERVAL;
use metrics::Gauge;
use std::collections::HashMap;
use std::path::PathBuf;

/// Samples the disks of these directories and what the kit's consumers have set aside, every [`SAMPLE_INTERVAL`] until
/// the kit stops.
pub fn sample(kit: &Kit, directories: Vec<(&'static str, PathBuf)>) {
    let kit = kit.clone();
    if directories.iter().any(|(name, _)| *name == "log") {
        LOG_RESERVE.gauge(&[]).set(kit.limits().log_reserve_mib as f64 * f64::from(1 << 20));
    }
    kit.tasks().clone().spawn(async move {
        let mut disks: Vec<Disk> =
            directories.into_iter().map(|(name, path)| Disk::new(name, path)).collect();
        let mut set_aside = HashMap::new();
        let stop = kit.stop().clone();
        while !stop.is_cancelled() {
            let kit = kit.clone();
            // Both wait for disks.
            let sampling = tokio::task::spawn_blocking(move || {
                disks.iter().for_each(Disk::measure);
                count_set_aside(&kit, &mut set_aside);
                (disks, set_aside)
            });
            let Ok(sampled) = sampling.await else { return };
            (disks, set_aside) = sampled;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(SAMPLE_INTERVAL) => {}
            }
        }
    });
}

struct Disk {
    directory: PathBuf,
    free: Gauge,
    size: Gauge,
}

impl Disk {
    fn new(name: &'static str, directory: PathBuf) -> Disk {
        Disk { directory, free: DISK_FREE.gauge(&[name]), size: DISK_SIZE.gauge(&[name]) }
    }

    fn measure(&self) {
        match rustix::fs::statvfs(&self.directory) {
            Ok(disk) => {
                self.free.set(disk.f_bavail.saturating_mul(disk.f_frsize) as f64);
                self.size.set(disk.f_blocks.saturating_mul(disk.f_frsize) as f64);
            }
            Err(error) => {
                tracing::debug!(directory = %self.directory.display(), %error, "a disk cannot be measured")
            }
        }
    }
}

fn count_set_aside(kit: &Kit, gauges: &mut HashMap<&'static str, Gauge>) {
    for (consumer, counted) in kit.count_set_aside() {
        match counted {
            Ok(records) => {
                gauges.entry(consumer).or_insert_with(|| SET_ASIDE.gauge(&[consumer])).set(records as f64)
            }
            // A file that is being rebuilt; it is counted next time.
            Err(error) => tracing::debug!(consumer, %error, "what it has set aside cannot be counted"),
        }
    }
}

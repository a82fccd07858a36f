//! The machine: who can read the keys, the clock, the disk, open files, and how old the backups are.

use super::finding::Finding;
use super::now;
use crate::language::{say, text};
use crate::server::storage::EMBEDDED;
use backup::{Backup, Store};
use domain::Timestamp;
use service_kit::config::Config;
use service_kit::identity::SIGNING_KEY;
use std::fmt::Display;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Bits of a file's mode with which its group can use it.
const GROUP: u32 = 0o070;
/// Bits with which everybody can.
const EVERYBODY: u32 = 0o007;
/// Writes that are timed.
const SYNCS: usize = 9;
/// Bytes of one of them.
const SYNC_BYTES: usize = 4096;
/// Milliseconds that a sync may take: a command waits for about two.
const SYNC_MS_MAX: u128 = 20;
/// Seconds by which clocks may differ before tokens are refused.
pub const SKEW_SECONDS_MAX: i64 = 5;
/// Percent of the disk that should be free.
const FREE_PERCENT_MIN: u64 = 10;
/// Files that a process has open beside its connections, about.
const OTHER_FILES: u64 = 256;
/// Hours that a backup made by hand may be old.
const BACKUP_HOURS_MAX: u64 = 24;
/// How many of its intervals a scheduled backup may be old.
const BACKUP_INTERVALS_MAX: u64 = 4;
/// Time in which object storage must answer.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Whether others can read the secrets that the settings name.
pub fn keys(config: &Config) -> Vec<Finding> {
    let secrets: Vec<PathBuf> = secrets(config).into_iter().filter(|file| file.exists()).collect();
    let open: Vec<Finding> = secrets.iter().filter_map(|file| readable_by_others(file)).collect();
    match open.is_empty() {
        true => vec![Finding::good(
            "keys",
            say("{count} secrets, for their owner only", &[("count", &secrets.len())]),
        )],
        false => open,
    }
}

fn secrets(config: &Config) -> Vec<PathBuf> {
    let own = [config.keys().join(SIGNING_KEY), config.ledger_key(), config.session_key()];
    let named = [
        &config.tls.key_file,
        &config.nats.credentials,
        &config.nats.nkey_file,
        &config.backup.credentials,
        &config.ledger.sm2_key,
    ];
    own.into_iter().chain(named.into_iter().flatten().cloned()).collect()
}

fn readable_by_others(file: &Path) -> Option<Finding> {
    let metadata = file.metadata().ok()?;
    let mode = metadata.permissions().mode();
    // Kubernetes and systemd give secrets of their own to a group that the process is in.
    let is_given = metadata.uid() != rustix::process::geteuid().as_raw();
    let values: [(&str, &dyn Display); 1] = [("file", &file.display())];
    let remedy = || say("chmod 600 {file}, and replace the key if others may have read it", &values);
    if mode & EVERYBODY != 0 {
        Some(Finding::fault("keys", say("everybody can read {file}", &values), remedy()))
    } else if mode & GROUP != 0 && !is_given {
        Some(Finding::warning("keys", say("the group of {file} can read it", &values), remedy()))
    } else {
        None
    }
}

/// Whether the clock shows a moment before what this machine has written.
pub fn clock(config: &Config) -> Finding {
    let newest = newest_file(&config.data).and_then(|at| Timestamp::try_from(at).ok());
    match newest.map(|at| at.as_second() - now().as_second()) {
        Some(ahead) if ahead > SKEW_SECONDS_MAX => Finding::fault(
            "clock",
            say(
                "the clock is {seconds} s behind the newest file in {data}",
                &[("seconds", &ahead), ("data", &config.data.display())],
            ),
            text("set the clock, and have it kept by NTP").to_owned(),
        ),
        _ => Finding::good("clock", text("the clock is not behind what was written").to_owned()),
    }
}

/// When the newest file below a folder was written.
fn newest_file(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let times = entries.filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        if metadata.is_dir() { newest_file(&entry.path()) } else { metadata.modified().ok() }
    });
    times.max()
}

/// How long the disk takes to make a write durable.
pub fn fsync(config: &Config) -> Finding {
    let folder = existing(&config.data);
    let shown = folder.display();
    match sync_time(&folder) {
        Err(error) => Finding::fault(
            "fsync",
            say("{folder} cannot be written: {error}", &[("folder", &shown), ("error", &error)]),
            say("let the process write to {folder}", &[("folder", &shown)]),
        ),
        Ok(time) if time.as_millis() > SYNC_MS_MAX => Finding::warning(
            "fsync",
            say("a sync takes {ms} ms, and every command waits for it", &[("ms", &time.as_millis())]),
            text("put the data directory on a disk with a write cache that survives a power failure")
                .to_owned(),
        ),
        Ok(time) => Finding::good("fsync", say("a sync takes {us} µs", &[("us", &time.as_micros())])),
    }
}

/// The median of a few syncs of a file that is gone afterwards.
fn sync_time(folder: &Path) -> std::io::Result<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::new();
    for _ in 0..SYNCS {
        file.write_all(&[0; SYNC_BYTES])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}

/// The folder, or the nearest above it that is there.
fn existing(folder: &Path) -> PathBuf {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    there.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// How much of the disk is left.
pub fn disk(config: &Config) -> Finding {
    let folder = existing(&config.data);
    let Ok(disk) = rustix::fs::statvfs(&folder) else {
        let what = say("the disk of {folder} cannot be looked at", &[("folder", &folder.display())]);
        return Finding::unknown("disk", what, text("let the process read the folder").to_owned());
    };
    let free_mib = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    let percent = disk.f_bavail.saturating_mul(100) / disk.f_blocks.max(1);
    let values: [(&str, &dyn Display); 3] =
        [("mib", &free_mib), ("percent", &percent), ("reserve", &config.limits.log_reserve_mib)];
    let remedy = || text("free some space, or move the data directory to a larger disk").to_owned();
    if free_mib < config.limits.log_reserve_mib {
        let what = say(
            "{mib} MiB are free, less than limits.log_reserve_mib = {reserve}: commands are refused",
            &values,
        );
        Finding::fault("disk", what, remedy())
    } else if percent < FREE_PERCENT_MIN {
        Finding::warning("disk", say("{percent} % of the disk are free ({mib} MiB)", &values), remedy())
    } else {
        Finding::good("disk", say("{percent} % of the disk are free ({mib} MiB)", &values))
    }
}

/// Whether there may be as many open files as the limits on connections need.
pub fn open_files(config: &Config) -> Finding {
    let max = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let limits = &config.limits;
    let needed = (limits.connections_max as u64).saturating_add(limits.unknown_connections_max as u64);
    let needed = needed.saturating_add(OTHER_FILES);
    let values: [(&str, &dyn Display); 2] = [("max", &max), ("needed", &needed)];
    if max < needed {
        Finding::warning(
            "files",
            say("{max} files may be open; with all connections it takes {needed}", &values),
            say("raise the limit (LimitNOFILE={needed}), or lower limits.connections_max", &values),
        )
    } else {
        Finding::good("files", say("{max} files may be open; {needed} are enough", &values))
    }
}

/// How old the backup is: the one that the settings have made, and the one in a folder, if one is named.
pub async fn backups(config: &Config, folder: Option<&Path>) -> Vec<Finding> {
    let scheduled = match config.backup.url.as_deref() {
        Some(url) => Some(scheduled_backup(config, url).await),
        None if folder.is_none() && config.journal == EMBEDDED => Some(Finding::warning(
            "backups",
            text("no backup is made").to_owned(),
            text("set backup.url, or name the folder of your backups with --backups").to_owned(),
        )),
        None => None,
    };
    scheduled.into_iter().chain(folder.map(backup_by_hand)).collect()
}

async fn scheduled_backup(config: &Config, url: &str) -> Finding {
    let read = async {
        let store = Store::open(url, config.backup.credentials.as_deref())?;
        Backup::newest(&store).await
    };
    let remedy = || text("the log of the ledger's process says why; backup.url names the place").to_owned();
    let newest = match tokio::time::timeout(STORAGE_TIMEOUT, read).await {
        Err(_) => {
            return Finding::fault(
                "backups",
                say("{url} does not answer in time", &[("url", &url)]),
                remedy(),
            );
        }
        Ok(Err(error)) => return Finding::fault("backups", error.to_string(), remedy()),
        Ok(Ok(None)) => {
            return Finding::fault("backups", say("there is no backup in {url}", &[("url", &url)]), remedy());
        }
        Ok(Ok(Some(newest))) => newest,
    };
    let minutes = newest.at.elapsed().unwrap_or_default().as_secs() / 60;
    let what = say("the newest backup is {minutes} min old", &[("minutes", &minutes)]);
    match minutes > config.backup.interval_minutes * BACKUP_INTERVALS_MAX {
        true => Finding::warning("backups", what, remedy()),
        false => Finding::good("backups", what),
    }
}

fn backup_by_hand(folder: &Path) -> Finding {
    let shown = folder.display();
    let remedy = || format!("huishang log backup {shown}");
    let Some(newest) = newest_file(folder) else {
        return Finding::fault(
            "backups",
            say("there is no backup in {folder}", &[("folder", &shown)]),
            remedy(),
        );
    };
    let hours = newest.elapsed().unwrap_or_default().as_secs() / 3600;
    let what = say("the newest backup is {hours} h old", &[("hours", &hours)]);
    match hours > BACKUP_HOURS_MAX {
        true => Finding::warning("backups", what, remedy()),
        false => Finding::good("backups", what),
    }
}

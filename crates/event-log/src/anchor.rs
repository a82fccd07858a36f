//! The anchor: how far sled has the log on the disk, and where what was acknowledged since then is, stored outside
//! sled.
//!
//! Two files are written alternately and synced, each after the records that it covers, so that a torn
//! write of one leaves the other intact. If sled ever recovers fewer records, the anchor reveals it.
//!
//! Each file is one block of 512 bytes: `HSANCHOR`, version (1 byte), log id (16), sequence number of the
//! anchor (8), position (8), hash of the record at it (32), root of the tree up to it (32), generation of the commit
//! file that continues it, or 0 if nothing does (8), CRC-32C of everything before (4), zero padding. Version 1 has no
//! generation; nothing continues it.

use crate::{Head, durable};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::{fs, io};
use uuid::Uuid;

const NAMES: [&str; 2] = ["anchor.a", "anchor.b"];
const MAGIC: &[u8; 8] = b"HSANCHOR";
const VERSION: u8 = 2;
const CHECKED: usize = 8 + 1 + 16 + 8 + 8 + 32 + 32 + 8;
/// The generation of an anchor that no commit file continues.
pub(crate) const NOTHING_AFTER: u64 = 0;
const BLOCK: usize = 512;

/// The content of an anchor file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) log_id: Uuid,
    pub(crate) sequence: u64,
    pub(crate) head: Head,
    /// Generation of the commit file that has what was acknowledged after the head.
    pub(crate) generation: u64,
}

/// The two anchor files, open for writing.
#[derive(Debug)]
pub(crate) struct AnchorFiles {
    files: [File; 2],
    last: Anchor,
}

/// Reads the newest valid anchor; `None` if there is none.
pub(crate) fn read(dir: &Path) -> io::Result<Option<Anchor>> {
    let mut newest: Option<Anchor> = None;
    for name in NAMES {
        let found = match fs::read(dir.join(name)) {
            Ok(bytes) => decode(&bytes),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => None,
            Err(fault) => return Err(fault),
        };
        if found.map(|anchor| anchor.sequence) > newest.map(|anchor| anchor.sequence) {
            newest = found;
        }
    }
    Ok(newest)
}

impl AnchorFiles {
    /// Opens the files of a log whose newest anchor is `last`, creating them if they are missing.
    pub(crate) fn open(dir: &Path, last: Anchor) -> io::Result<AnchorFiles> {
        let open = |name| {
            let path: PathBuf = dir.join(name);
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            if file.metadata()?.len() != BLOCK as u64 {
                file.set_len(BLOCK as u64)?;
                file.write_all_at(&[0; BLOCK], 0)?;
                file.sync_all()?;
            }
            io::Result::Ok(file)
        };
        Ok(AnchorFiles { files: [open(NAMES[0])?, open(NAMES[1])?], last })
    }

    /// Returns the log's identity.
    pub(crate) fn log_id(&self) -> Uuid {
        self.last.log_id
    }

    /// Durably records that sled has the log up to `head`, and which generation of the commit files continues it.
    pub(crate) fn write(&mut self, head: Head, generation: u64) -> io::Result<()> {
        let next = Anchor { head, generation, sequence: self.last.sequence + 1, ..self.last };
        let file = &self.files[(next.sequence % 2) as usize];
        file.write_all_at(&encode(&next), 0)?;
        file.sync_data().inspect_err(|_| durable::drop_cached_pages(file))?;
        self.last = next;
        Ok(())
    }
}

fn encode(anchor: &Anchor) -> [u8; BLOCK] {
    let mut bytes = Vec::with_capacity(BLOCK);
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    bytes.extend_from_slice(anchor.log_id.as_bytes());
    bytes.extend_from_slice(&anchor.sequence.to_be_bytes());
    anchor.head.write(&mut bytes);
    bytes.extend_from_slice(&anchor.generation.to_be_bytes());
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    let mut block = [0; BLOCK];
    block[..bytes.len()].copy_from_slice(&bytes);
    block
}

fn decode(bytes: &[u8]) -> Option<Anchor> {
    let version = *bytes.strip_prefix(MAGIC)?.first()?;
    let checked = match version {
        1 => CHECKED - size_of::<u64>(),
        VERSION => CHECKED,
        _ => return None,
    };
    let (checked, rest) = bytes.split_at_checked(checked)?;
    let checksum = u32::from_be_bytes(*rest.first_chunk::<4>()?);
    if crc32c::crc32c(checked) != checksum {
        return None;
    }
    let rest = &checked[MAGIC.len() + 1..];
    let (log_id, rest) = rest.split_first_chunk::<16>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (head, rest) = Head::read(rest)?;
    Some(Anchor {
        log_id: Uuid::from_bytes(*log_id),
        sequence: u64::from_be_bytes(*sequence),
        head,
        generation: rest.first_chunk().map_or(NOTHING_AFTER, |bytes| u64::from_be_bytes(*bytes)),
    })
}

//! Removing what a backup no longer needs.

use crate::names::{HEADS, SEGMENTS, Span, head_object, parse_head, path};
use crate::{Backup, BackupError, Store};
use std::time::{Duration, SystemTime};

/// Removes heads, and segments that longer ones have replaced, that are older than `age`. What the newest head needs is
/// never removed, whatever its age: a backup is always that of the whole log. Returns how many objects were removed.
pub async fn remove_superseded(store: &Store, age: Duration) -> Result<usize, BackupError> {
    // Only a backup that is complete shows what is not needed.
    let backup = Backup::open(store.clone()).await?;
    let newest = backup.finished().map(|finished| finished.head.head.position);
    let is_old = |modified: SystemTime| modified.elapsed().is_ok_and(|elapsed| elapsed > age);

    let listed = store.list(SEGMENTS).await?;
    let segments = listed.into_iter().filter_map(|(name, meta)| Some((Span::parse(&name)?, meta)));
    let segments: Vec<_> = segments.collect();
    let needed = path(segments.iter().map(|(span, _)| *span));
    let replaced = |span: &Span| {
        !needed.contains(span)
            && needed.iter().any(|longer| longer.first <= span.first && span.last <= longer.last)
    };
    let old = segments.into_iter().filter(|(span, meta)| replaced(span) && is_old(meta.last_modified.into()));
    let mut removed: Vec<String> = old.map(|(span, _)| span.object()).collect();

    let heads = store.list(HEADS).await?.into_iter();
    let heads = heads.filter_map(|(name, meta)| Some((parse_head(&name)?, meta)));
    let old = heads.filter(|(position, meta)| {
        newest.is_some_and(|newest| *position < newest) && is_old(meta.last_modified.into())
    });
    removed.extend(old.map(|(position, _)| head_object(position)));

    for object in &removed {
        store.remove(object).await?;
    }
    Ok(removed.len())
}

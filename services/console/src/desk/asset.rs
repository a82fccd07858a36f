//! What pages load: our own style and script, under names that change with them.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// A file that is in the program.
pub(super) struct Asset {
    /// Where it is loaded from.
    pub(super) path: String,
    pub(super) media_type: &'static str,
    pub(super) bytes: Bytes,
}

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
        let digest = Sha256::digest(bytes);
        let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let path = format!("/assets/{name}.{digest}.{extension}");
        Asset { path, media_type, bytes: Bytes::from_static(bytes) }
    }
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("style", "css", "text/css; charset=utf-8", include_bytes!("../../assets/style.css"))
});

pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("script", "js", "text/javascript; charset=utf-8", include_bytes!("../../assets/script.js"))
});

/// The file at a path.
pub(super) fn at(path: &str) -> Option<&'static Asset> {
    [&*STYLE, &*SCRIPT].into_iter().find(|asset| asset.path == path)
}

//! What a document carries to prove itself: a docx as a property, a PDF in its metadata.

use super::markup::{Piece, pieces};
use super::sheet;
use anyhow::Context as _;
use std::io::Cursor;
use zip::ZipArchive;

/// The part of a docx with its properties, and the one that every docx has.
const PROPERTIES: &str = "docProps/custom.xml";
const DOCUMENT: &str = "word/document.xml";
/// Around the metadata of a PDF, which is stored as it is.
const METADATA: (&[u8], &[u8]) = (b"<x:xmpmeta", b"</x:xmpmeta>");

/// What it carries; nothing if it is another kind of file, or carries nothing.
pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Option<String>> {
    if bytes.starts_with(b"%PDF") {
        let metadata = between(bytes, METADATA.0, METADATA.1).map(String::from_utf8_lossy);
        return Ok(metadata.and_then(|xml| text_within(&xml, "dc:description")));
    }
    if !bytes.starts_with(b"PK") {
        return Ok(None);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).context(crate::language::text("the file"))?;
    if archive.index_for_name(DOCUMENT).is_none() || archive.index_for_name(PROPERTIES).is_none() {
        return Ok(None);
    }
    let properties = sheet::part(&mut archive, PROPERTIES)?;
    Ok(text_within(&properties, "vt:lpwstr"))
}

/// Whether it is a document: a PDF or a docx.
pub(super) fn is_document(bytes: &[u8]) -> bool {
    let archive = bytes.starts_with(b"PK").then(|| ZipArchive::new(Cursor::new(bytes)).ok()).flatten();
    bytes.starts_with(b"%PDF") || archive.is_some_and(|archive| archive.index_for_name(DOCUMENT).is_some())
}

/// What stands between two marks.
fn between<'b>(bytes: &'b [u8], begin: &[u8], end: &[u8]) -> Option<&'b [u8]> {
    let find = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).position(|at| at == mark);
    let after = &bytes[find(bytes, begin)?..];
    Some(&after[..find(after, end)?])
}

/// The text within the first element of this name, whatever elements are in it.
fn text_within(xml: &str, element: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for piece in pieces(xml) {
        match piece {
            Piece::Open { name, .. } if name == element => found = Some(String::new()),
            Piece::Text(text) => found.iter_mut().for_each(|found| found.push_str(&text)),
            Piece::Close(name) if name == element => return found,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pdf_carries_is_read_as_it_was_written() {
        let pdf = b"%PDF-1.7\n\xc7<x:xmpmeta><dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">huishang-paper/1 7\n\
                    a&amp;b &lt;c&gt;\n\n\xe2\x80\x94 name sig\n</rdf:li></rdf:Alt></dc:description></x:xmpmeta>\n%%EOF";
        let carried = read(pdf).unwrap();
        assert_eq!(carried.as_deref(), Some("huishang-paper/1 7\na&b <c>\n\n— name sig\n"));
        let without = b"%PDF-1.7\n<x:xmpmeta><dc:title>Minutes</dc:title></x:xmpmeta>";
        assert_eq!((read(without).unwrap(), read(b"code,name\r\n").unwrap()), (None, None));
    }
}

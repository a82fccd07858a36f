//! Fonts: which one has a character, for each typeface.

use super::PdfError;
use crate::paper::Typeface;
use krilla::text::Font;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider as _};
use std::sync::Arc;

/// Fonts that papers are set in.
#[derive(Clone)]
pub struct Fonts {
    faces: Vec<Face>,
}

#[derive(Clone)]
struct Face {
    /// The names of its family, in any language, and of the font itself.
    names: Vec<String>,
    data: Arc<Vec<u8>>,
    index: u32,
}

impl Fonts {
    /// The fonts in these files, each with its name; a collection has several. The order of the files does not matter.
    pub fn of(mut files: Vec<(String, Vec<u8>)>) -> Result<Fonts, PdfError> {
        files.sort();
        let mut faces = Vec::new();
        for (name, bytes) in files {
            let data = Arc::new(bytes);
            let unreadable = |_| PdfError::NotAFont { name: name.clone() };
            let count = match skrifa::raw::FileRef::new(&data).map_err(unreadable)? {
                skrifa::raw::FileRef::Font(_) => 1,
                skrifa::raw::FileRef::Collection(collection) => collection.len(),
            };
            for index in 0..count {
                let font = FontRef::from_index(&data, index).map_err(unreadable)?;
                faces.push(Face { names: names(&font), data: data.clone(), index });
            }
        }
        if faces.is_empty() { Err(PdfError::NoFonts) } else { Ok(Fonts { faces }) }
    }

    /// What is needed to set a text in them.
    pub(super) fn open(&self) -> Result<Open<'_>, PdfError> {
        let faces = self.faces.iter().map(Face::open).collect::<Result<_, _>>()?;
        Ok(Open { faces, orders: ALL.map(|typeface| self.order(typeface)) })
    }

    /// The faces for a typeface: those that it names in its order, then the others.
    fn order(&self, typeface: Typeface) -> Vec<usize> {
        let rank = |face: &Face| {
            let is_named = |part: &&str| face.names.iter().any(|name| name.contains(*part));
            preferred(typeface).iter().position(is_named).unwrap_or(usize::MAX)
        };
        let mut order: Vec<usize> = (0..self.faces.len()).collect();
        order.sort_by_key(|&at| rank(&self.faces[at]));
        order
    }
}

impl Face {
    fn open(&self) -> Result<OpenFace<'_>, PdfError> {
        let unreadable = || PdfError::NotAFont { name: self.names.join(", ") };
        let font = FontRef::from_index(&self.data, self.index).map_err(|_| unreadable())?;
        Ok(OpenFace {
            charmap: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            units_per_em: font.metrics(Size::unscaled(), LocationRef::default()).units_per_em.into(),
            font: Font::new(self.data.clone().into(), self.index).ok_or_else(unreadable)?,
        })
    }
}

const ALL: [Typeface; 5] =
    [Typeface::Title, Typeface::Text, Typeface::Bold, Typeface::Brush, Typeface::Serif];

/// Parts of the names of fonts that a typeface is set in, best first.
fn preferred(typeface: Typeface) -> &'static [&'static str] {
    match typeface {
        Typeface::Title => {
            &["小标宋", "XiaoBiaoSong", "Serif CJK SC Bold", "Serif SC Bold", "FandolSong Bold"]
        }
        Typeface::Text => &["仿宋", "FangSong", "FandolFang", "Serif CJK SC", "Serif SC", "Song", "Sung"],
        Typeface::Bold => &["黑体", "SimHei", "FandolHei", "Sans CJK SC", "Sans SC", "WenQuanYi"],
        Typeface::Brush => &["楷体", "KaiTi", "FandolKai", "UKai", "KaitiM", "Serif CJK SC", "Serif SC"],
        Typeface::Serif => &["宋体", "SimSun", "FandolSong", "Serif CJK SC", "Serif SC", "Song", "Sung"],
    }
}

fn names(font: &FontRef) -> Vec<String> {
    let of = |id| font.localized_strings(id).map(|name| name.chars().collect::<String>());
    of(StringId::FULL_NAME).chain(of(StringId::FAMILY_NAME)).collect()
}

/// Fonts while a paper is set.
pub(super) struct Open<'a> {
    faces: Vec<OpenFace<'a>>,
    orders: [Vec<usize>; 5],
}

struct OpenFace<'a> {
    font: Font,
    charmap: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    units_per_em: f32,
}

/// A character as a font draws it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) face: usize,
    pub(super) glyph: u32,
    /// How wide it is, where 1 is the size of the font.
    pub(super) width_em: f32,
}

impl Open<'_> {
    /// A character in a typeface, from the first font that has it.
    pub(super) fn drawn(&self, typeface: Typeface, character: char) -> Result<Drawn, PdfError> {
        let order = ALL.iter().zip(&self.orders).find(|(known, _)| **known == typeface);
        let order = order.map(|(_, order)| order.as_slice()).unwrap_or_default();
        let has = |&at: &usize| Some((at, self.faces[at].charmap.map(character)?));
        let (at, glyph) = order.iter().find_map(has).ok_or(PdfError::NoGlyph { character })?;
        let face = &self.faces[at];
        let width = face.metrics.advance_width(glyph).unwrap_or(face.units_per_em);
        Ok(Drawn { face: at, glyph: glyph.to_u32(), width_em: width / face.units_per_em })
    }

    pub(super) fn font(&self, face: usize) -> Font {
        self.faces[face].font.clone()
    }
}

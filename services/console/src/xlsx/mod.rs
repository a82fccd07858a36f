//! A table as xlsx: dates are dates, numbers are numbers, and texts are texts, whatever they begin with. A second sheet says
//! how it was counted, so that a table that was passed on still does.

mod about;

pub(crate) use about::About;

use crate::csv::is_formula;
use crate::desk::words::Words;
use crate::grid::{self, Grid};
use crate::table::{Column, Table};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use prost_reflect::Kind;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Image, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use tonic::Status;
use unicode_width::UnicodeWidthStr as _;

/// Characters of a cell, at most; the rest of a longer text is left out, visibly.
const CELL_CHARS_MAX: usize = 32_000;
/// How wide a column may be, in characters.
const WIDTH_MAX: usize = 48;
const WIDTH_MIN: usize = 9;
/// The largest whole number that a cell has exactly.
const WHOLE_MAX: u64 = 1 << 53;

/// What is in a cell.
#[derive(Debug, PartialEq)]
enum Cell {
    Nothing,
    Text(String),
    Number(f64),
    Truth(bool),
    Day(Date),
    Moment(Timestamp),
}

/// Writes a table, and beside it how it was counted.
pub(crate) fn write(table: &Table, about: &About) -> Result<Vec<u8>, Status> {
    workbook(table, about).map_err(|error| Status::internal(format!("the table cannot be written: {error}")))
}

fn workbook(table: &Table, about: &About) -> Result<Vec<u8>, XlsxError> {
    let (mut workbook, words, formats) = (Workbook::new(), Words(table.language), Formats::new());
    let sheet = workbook.add_worksheet().set_name(words.t("Table"))?;
    let mut widths: Vec<usize> = Vec::new();
    for (at, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, at, &column.heading, &formats.head)?;
        widths.push(column.heading.width());
    }
    let zone = TimeZone::get(&about.time_zone).unwrap_or(TimeZone::UTC);
    for (line, row) in (1..).zip(&table.rows) {
        for (at, column) in (0..).zip(&table.columns) {
            let cell = cell(table, column, row);
            let link = about.link(row, column);
            let width = put(sheet, (line, at), cell, link, &zone, &formats)?;
            let widest = &mut widths[usize::from(at)];
            *widest = width.max(*widest);
        }
    }
    for (at, width) in (0..).zip(widths) {
        sheet.set_column_width(at, width.clamp(WIDTH_MIN, WIDTH_MAX) as f64 + 2.0)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Some(last), Ok(rows)) = (table.columns.len().checked_sub(1), u32::try_from(table.rows.len())) {
        sheet.autofilter(0, 0, rows, u16::try_from(last).unwrap_or(u16::MAX))?;
    }
    counted(workbook.add_worksheet().set_name(words.t("How this was counted"))?, table, about, &formats)?;
    workbook.save_to_buffer()
}

/// Writes a table of a page, and beside it how it was counted.
pub(crate) fn write_grid(grid: &Grid, about: &About) -> Result<Vec<u8>, Status> {
    workbook_of_grid(grid, about)
        .map_err(|error| Status::internal(format!("the table cannot be written: {error}")))
}

fn workbook_of_grid(grid: &Grid, about: &About) -> Result<Vec<u8>, XlsxError> {
    let (mut workbook, words, formats) = (Workbook::new(), Words(grid.language), Formats::new());
    let sheet = workbook.add_worksheet().set_name(words.t("Table"))?;
    for (at, heading) in (0..).zip(&grid.headings) {
        sheet.write_string_with_format(0, at, heading, &formats.head)?;
        sheet.set_column_width(at, heading.width().clamp(WIDTH_MIN, WIDTH_MAX) as f64 + 2.0)?;
    }
    for (line, row) in (1..).zip(&grid.rows) {
        for (at, cell) in (0..).zip(row) {
            match cell {
                grid::Cell::Text(text) => {
                    sheet.write_string_with_format(line, at, text, formats.of_text(text))?
                }
                grid::Cell::Number(number) => {
                    sheet.write_number_with_format(line, at, f64::from(*number), &formats.text)?
                }
                grid::Cell::Figure(Some(figure)) => {
                    sheet.write_number_with_format(line, at, *figure, &formats.text)?
                }
                grid::Cell::Figure(None) => continue,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let about_it = Table::of_grid(grid);
    counted(workbook.add_worksheet().set_name(words.t("How this was counted"))?, &about_it, about, &formats)?;
    workbook.save_to_buffer()
}

/// The formats of cells.
struct Formats {
    head: Format,
    text: Format,
    quoted: Format,
    day: Format,
    moment: Format,
    link: Format,
}

impl Formats {
    fn new() -> Formats {
        let top = Format::new().set_align(FormatAlign::Top);
        Formats {
            head: top.clone().set_bold().set_text_wrap(),
            text: top.clone().set_text_wrap(),
            // It stays a text when somebody edits the cell.
            quoted: top.clone().set_text_wrap().set_quote_prefix(),
            day: top.clone().set_num_format("yyyy-mm-dd"),
            moment: top.clone().set_num_format("yyyy-mm-dd hh:mm:ss"),
            link: top.set_text_wrap().set_hyperlink(),
        }
    }

    fn of_text(&self, text: &str) -> &Format {
        if is_formula(text) { &self.quoted } else { &self.text }
    }
}

/// Writes a cell; returns how wide it is.
fn put(
    sheet: &mut Worksheet,
    (line, at): (u32, u16),
    cell: Cell,
    link: Option<String>,
    zone: &TimeZone,
    formats: &Formats,
) -> Result<usize, XlsxError> {
    const DAY_CHARS: usize = 10;
    const MOMENT_CHARS: usize = 19;
    Ok(match (cell, link) {
        (Cell::Nothing, _) => 0,
        (Cell::Text(text), Some(link)) => {
            sheet.write_url_with_options(line, at, link.as_str(), &text, "", Some(&formats.link))?;
            text.width()
        }
        (Cell::Text(text), None) => {
            sheet.write_string_with_format(line, at, &text, formats.of_text(&text))?;
            text.lines().map(|line| line.width()).max().unwrap_or(0)
        }
        (Cell::Number(number), link) => {
            // The number stands over the text of its link, so that it can be added up.
            if let Some(link) = link {
                sheet.write_url_with_format(line, at, link.as_str(), &formats.link)?;
                sheet.write_number_with_format(line, at, number, &formats.link)?;
            } else {
                sheet.write_number_with_format(line, at, number, &formats.text)?;
            }
            number.to_string().len()
        }
        (Cell::Truth(truth), _) => {
            sheet.write_boolean_with_format(line, at, truth, &formats.text)?;
            WIDTH_MIN
        }
        (Cell::Day(day), _) => match excel_day(day) {
            Ok(excel) => {
                sheet.write_datetime_with_format(line, at, excel, &formats.day)?;
                DAY_CHARS
            }
            Err(_) => {
                sheet.write_string_with_format(line, at, day.to_string(), &formats.text)?;
                DAY_CHARS
            }
        },
        (Cell::Moment(moment), _) => {
            let local = zone.to_datetime(moment);
            let [hour, minute, second] = [local.hour(), local.minute(), local.second()].map(i8::unsigned_abs);
            let excel = excel_day(local.date()).and_then(|day| day.and_hms(hour.into(), minute, second));
            match excel {
                Ok(excel) => sheet.write_datetime_with_format(line, at, excel, &formats.moment)?,
                Err(_) => sheet.write_string_with_format(line, at, moment.to_string(), &formats.text)?,
            };
            MOMENT_CHARS
        }
    })
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let [month, of_month] = [day.month(), day.day()].map(i8::unsigned_abs);
    ExcelDateTime::from_ymd(day.year().unsigned_abs(), month, of_month)
}

fn cell(table: &Table, column: &Column, row: &Value) -> Cell {
    let text = |text: String| match text.is_empty() {
        true => Cell::Nothing,
        false => Cell::Text(shortened(text)),
    };
    match (column.value(row), column.field.kind()) {
        (Value::Null, _) => Cell::Nothing,
        (Value::Bool(truth), _) => Cell::Truth(*truth),
        (Value::Number(number), _) => number.as_f64().map_or(Cell::Nothing, Cell::Number),
        (Value::String(number), Kind::Uint64 | Kind::Int64) => match number.parse::<u64>() {
            Ok(whole) if whole <= WHOLE_MAX => Cell::Number(whole as f64),
            _ => text(number.clone()),
        },
        (Value::String(moment), Kind::Message(kind)) if kind.full_name() == "google.protobuf.Timestamp" => {
            moment.parse().map_or_else(|_| text(moment.clone()), Cell::Moment)
        }
        (Value::String(day), Kind::String) if column.field.name().ends_with("_on") => {
            day.parse().map_or_else(|_| text(day.clone()), Cell::Day)
        }
        _ => text(column.text(row, table.language)),
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(CELL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The sheet that says how a table was counted, and what its columns mean.
fn counted(sheet: &mut Worksheet, table: &Table, about: &About, formats: &Formats) -> Result<(), XlsxError> {
    let words = Words(table.language);
    let facts = about.facts(table);
    let mut line = 0;
    let mut say = |name: &str, value: &str, name_format: &Format| -> Result<(), XlsxError> {
        sheet.write_string_with_format(line, 0, name, name_format)?;
        sheet.write_string_with_format(line, 1, shortened(value.to_owned()), formats.of_text(value))?;
        line += 1;
        Ok(())
    };
    for (name, value) in &facts {
        say(name, value, &formats.head)?;
    }
    if !table.columns.is_empty() {
        say("", "", &formats.text)?;
        say(words.t("Column"), words.t("What it has"), &formats.head)?;
    }
    for column in &table.columns {
        let comment = proto::contract::joined_comment(&column.field.parent_file(), column.field.path());
        let meaning = table.language.help(&comment).unwrap_or(&comment);
        say(&column.heading, meaning, &formats.text)?;
    }
    let code = about.provenance.as_ref().and_then(|provenance| provenance.paper.code());
    if let Some(code) = code {
        let title = words.t("The line above as a code");
        let picture = Image::new_from_buffer(&code.bitmap())?.set_alt_text(title);
        sheet.insert_image(line + 1, 1, &picture)?;
    }
    sheet.set_column_width(0, WIDTH_MAX as f64 * 0.75)?;
    sheet.set_column_width(1, WIDTH_MAX as f64 * 2.0)?;
    Ok(())
}

#[cfg(test)]
mod tests;

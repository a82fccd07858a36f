"""Prints what is in a docx or a PDF, as JSON. The docx is read by python-docx; of a PDF, pypdf reads how it is built, and
PDFium what stands where on its pages."""

import html
import json
import re
import sys
import zipfile
from pathlib import Path

import docx
import pypdf
import pypdfium2

MM_PER_PT = 25.4 / 72
# From one line of text to the next it is more than twice that.
SAME_LINE_PT = 10


def read_docx(path):
    document = docx.Document(path)
    section = document.sections[0]
    sizes = {name: round(getattr(section, name).mm, 1) for name in ("page_width", "page_height", "top_margin", "left_margin", "right_margin", "bottom_margin")}
    paragraphs = [{"text": one.text, "fonts": sorted(fonts(one)), "red": is_red(one)} for one in document.paragraphs]
    footers = [one.paragraphs[0].text for one in (section.footer, section.even_page_footer)]
    with zipfile.ZipFile(path) as file:
        pictures = [name for name in file.namelist() if re.match("word/media/.", name)]
        proof = re.search("<vt:lpwstr>(.*)</vt:lpwstr>", file.read("docProps/custom.xml").decode(), re.DOTALL) if "docProps/custom.xml" in file.namelist() else None
    return {
        "section": sizes,
        "paragraphs": paragraphs,
        "footers": footers,
        "created": str(document.core_properties.created),
        "proof": html.unescape(proof.group(1)) if proof else None,
        "pictures": len(pictures),
    }


def fonts(paragraph):
    return set(re.findall(r'w:eastAsia="([^"]+)"', "".join(run._r.xml for run in paragraph.runs)))


def is_red(paragraph):
    return any(run.font.color is not None and str(run.font.color.rgb) == "D7000F" for run in paragraph.runs)


def read_pdf(path):
    structure = pypdf.PdfReader(path)
    xmp = structure.trailer["/Root"]["/Metadata"].get_data().decode()
    part, level = (re.search(rf"<pdfaid:{name}>(\w+)<", xmp) for name in ("part", "conformance"))
    pages = pypdfium2.PdfDocument(path)
    width, height = pages[0].get_size()
    return {
        "conformance": f"{part.group(1)}{level.group(1)}",
        "title": structure.metadata.title,
        "proof": structure.metadata.subject,
        "created": structure.metadata.creation_date_raw,
        "language": structure.trailer["/Root"].get("/Lang"),
        "fonts": sorted(embedded(structure)),
        "width_mm": round(width * MM_PER_PT, 1),
        "height_mm": round(height * MM_PER_PT, 1),
        "pages": [lines(page) for page in pages],
    }


def embedded(structure):
    """The names of the fonts; of one that is not embedded, with a remark."""
    for page in structure.pages:
        for font in page["/Resources"]["/Font"].values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = below["/FontDescriptor"].get_object()
            is_embedded = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            yield below["/BaseFont"] + ("" if is_embedded else " (not embedded)")


def lines(page):
    """The lines of a page, each with where it begins, in millimetres from the left and the top."""
    text, height, found = page.get_textpage(), page.get_height(), []
    for at in range(text.count_chars()):
        letter = text.get_text_range(at, 1)
        if letter in "\r\n":
            continue
        left, bottom, right, top = text.get_charbox(at, loose=True)
        middle = (bottom + top) / 2
        if not found or abs(found[-1]["middle"] - middle) > SAME_LINE_PT:
            found.append({"text": "", "left": left, "middle": middle})
        found[-1].update(text=found[-1]["text"] + letter, right=right)
    return [
        {
            "text": line["text"],
            "left_mm": round(line["left"] * MM_PER_PT, 1),
            "right_mm": round(line["right"] * MM_PER_PT, 1),
            "middle_mm": round((height - line["middle"]) * MM_PER_PT, 1),
        }
        for line in found
    ]


def main():
    path = sys.argv[1]
    print(json.dumps(read_docx(path) if Path(path).suffix == ".docx" else read_pdf(path), ensure_ascii=False))


main()

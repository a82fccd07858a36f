"""Prints what a workbook has, as JSON; see `run` beside this file."""

import datetime
import json
import sys

from openpyxl import load_workbook


def value(found: object) -> object:
    return found.isoformat() if isinstance(found, datetime.date) else found


def main() -> None:
    book = load_workbook(sys.argv[1])
    sheets = [
        {
            "name": sheet.title,
            "frozen": sheet.freeze_panes,
            "rows": [[value(cell.value) for cell in row] for row in sheet.iter_rows()],
            # "f" would be a formula, "d" is a date.
            "types": [[cell.data_type for cell in row] for row in sheet.iter_rows()],
            "links": [
                [cell.hyperlink.target if cell.hyperlink else None for cell in row] for row in sheet.iter_rows()
            ],
        }
        for sheet in book.worksheets
    ]
    print(json.dumps(sheets))


if __name__ == "__main__":
    main()

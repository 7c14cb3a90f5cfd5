"""Files as suppliers really write them: what each says exactly, or why it is refused, with its line."""

from __future__ import annotations

import bz2
import gzip
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"
Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Odd:
    """A file of the columns id, name, note. `rows`: what it says; `reason`: a pattern of why it is refused."""

    name: str
    content: bytes
    rows: tuple[Row, ...] = ()
    reason: str = ""
    file: str = "odd.csv"


def text(content: str) -> bytes:
    return content.encode()


HEAD = "id,name,note\n"
PLAIN: tuple[Row, ...] = (("1", "a", "b"), ("2", "c", "d"))
ROWS = "1,a,b\n2,c,d\n"
GZ = gzip.compress(text(HEAD + ROWS), mtime=0)
LONG = "x" * 300_000

EXACT = (
    Odd("plain", text(HEAD + ROWS), PLAIN),
    Odd("no line end at the end", text(HEAD + ROWS.rstrip("\n")), PLAIN),
    Odd("CR LF", text((HEAD + ROWS).replace("\n", "\r\n")), PLAIN),
    Odd("CR LF without the last", text((HEAD + ROWS).replace("\n", "\r\n")[:-2]), PLAIN),
    Odd("LF and CR LF mixed", text("id,name,note\r\n1,a,b\n2,c,d\r\n"), PLAIN),
    Odd("trailing blank line", text(HEAD + ROWS + "\n"), PLAIN),
    Odd("many trailing blank lines", text(HEAD + ROWS + "\r\n\n\r\n"), PLAIN),
    Odd("byte order mark", BOM + text(HEAD + ROWS), PLAIN),
    Odd("byte order mark before a quote", BOM + text('"id","name","note"\n' + ROWS), PLAIN),
    Odd("everything quoted", text('"id","name","note"\n"1","a","b"\n"2","c","d"\n'), PLAIN),
    Odd("header in other case", text("ID,Name,nOTE\n" + ROWS), PLAIN),
    Odd("columns in other order", text("note,id,name\nb,1,a\nd,2,c\n"), PLAIN),
    Odd("an extra column", text("id,extra,name,note\n1,x,a,b\n2,y,c,d\n"), PLAIN),
    Odd("a comma in an extra column's name", text('id,"a,b",name,note\n1,x,a,b\n2,y,c,d\n'), PLAIN),
    Odd("a quote in an extra column's name", text('id,"say ""x""",name,note\n1,x,a,b\n2,y,c,d\n'), PLAIN),
    Odd("names of extra columns that differ in blanks", text("id,name,note,a,a \n1,a,b,x,y\n2,c,d,x,y\n"), PLAIN),
    Odd("gzip", GZ, PLAIN, file="odd.csv.gz"),
    Odd("gzip, an ending in capitals", GZ, PLAIN, file="odd.csv.GZ"),
    Odd("bzip2", bz2.compress(text(HEAD + ROWS)), PLAIN, file="odd.csv.bz2"),
    Odd("gzip of several members", gzip.compress(text(HEAD + "1,a,b\n")) + gzip.compress(b"2,c,d\n"), PLAIN,
        file="odd.csv.gz"),
    Odd("gzip with a byte order mark", gzip.compress(BOM + text(HEAD + ROWS)), PLAIN, file="odd.csv.gz"),
    Odd("quoted line breaks", text(HEAD + '1,"a\nb","\r\n"\n"2\n",c,d\n'), (("1", "a\nb", "\r\n"), ("2\n", "c", "d"))),
    Odd("quoted blank lines", text(HEAD + '1,"\n\n",b\n'), (("1", "\n\n", "b"),)),
    Odd("quoted blank lines and a trailing one", text(HEAD + '1,"x\n\ny",b\n\n'), (("1", "x\n\ny", "b"),)),
    Odd("quoted carriage returns", text(HEAD + '1,"a\rb","\r"\n'), (("1", "a\rb", "\r"),)),
    Odd("quoted commas and quotes", text(HEAD + '1,"a,""b""",""""\n'), (("1", 'a,"b"', '"'),)),
    Odd("an empty text and nothing", text(HEAD + '1,"",\n2,,""\n'), (("1", "", None), ("2", None, ""))),
    Odd("nothing at the end of the file", text(HEAD + "1,a,"), (("1", "a", None),)),
    Odd("nothing after a quote at the end", text(HEAD + '1,"a",'), (("1", "a", None),)),
    Odd("an empty text at the end of the file", text(HEAD + '1,a,""'), (("1", "a", ""),)),
    Odd("blanks around values", text(HEAD + "1, a ,\tb\t\n2,\u00a0c,d\u3000\n"),
        (("1", " a ", "\tb\t"), ("2", "\u00a0c", "d\u3000"))),
    Odd("a value of blanks", text(HEAD + "1,   , \n"), (("1", "   ", " "),)),
    Odd("backslashes", text(HEAD + "1,C:\\new\\table,\\N\n2,\\\\,\\\n"),
        (("1", "C:\\new\\table", "\\N"), ("2", "\\\\", "\\"))),
    Odd("backslashes in quotes", text(HEAD + '1,"a\\n","\\"\n'), (("1", "a\\n", "\\"),)),
    Odd("apostrophes", text(HEAD + "1,O'Hare,'x'\n"), (("1", "O'Hare", "'x'"),)),
    Odd("other delimiters as text", text(HEAD + "1,a;b,c\td|e\n"), (("1", "a;b", "c\td|e"),)),
    Odd("words that mean nothing elsewhere", text(HEAD + "1,NA,null\n2,NULL,NaN\n"),
        (("1", "NA", "null"), ("2", "NULL", "NaN"))),
    Odd("numbers as they are written", text(HEAD + "007,1e400,1_000\n+1,0x10,01.50\n"),
        (("007", "1e400", "1_000"), ("+1", "0x10", "01.50"))),
    Odd("formulas", text(HEAD + "1,=1+1,@x\n"), (("1", "=1+1", "@x"),)),
    Odd("template marks", text(HEAD + "1,{{ x }},%(a)s\n2,{% raw %},$$\n"),
        (("1", "{{ x }}", "%(a)s"), ("2", "{% raw %}", "$$"))),
    Odd("all of Unicode", text(HEAD + "1,Zürich 東京,😀\n2,e\u0301,\ufeffx\u200b\n"),
        (("1", "Zürich 東京", "😀"), ("2", "e\u0301", "\ufeffx\u200b"))),
    Odd("line separators that end no line", text(HEAD + "1,a\u2028b,c\u0085d\n2,\x0b,\x0c\n"),
        (("1", "a\u2028b", "c\u0085d"), ("2", "\x0b", "\x0c"))),
    Odd("control characters", text(HEAD + "1,\x01,\x1f\x7f\n"), (("1", "\x01", "\x1f\x7f"),)),
    Odd("a huge value", text(HEAD + f"1,{LONG},b\n"), (("1", LONG, "b"),)),
    Odd("a huge quoted value", text(HEAD + f'1,"{LONG}\n",b\n'), (("1", LONG + "\n", "b"),)),
    Odd("a record like the header", text(HEAD + HEAD), (("id", "name", "note"),)),
    Odd("comments", text(HEAD + "#1,a,b\n"), (("#1", "a", "b"),)),
    Odd("a comma in the file's name", text(HEAD + ROWS), PLAIN, file="odd, very.csv"),
    Odd("quotes in the file's name", text(HEAD + ROWS), PLAIN, file="odd 'very' \"odd\".csv"),
    Odd("a plus and a percent sign in the file's name", text(HEAD + ROWS), PLAIN, file="odd+50%41 100%.csv"),
    Odd("letters in the file's name", text(HEAD + ROWS), PLAIN, file="ödd-東京-e\u0301.csv"),
    Odd("more signs in the file's name", text(HEAD + ROWS), PLAIN, file="odd;$1{{x}}%(y)s#?&=[]()~!.csv"),
    Odd("a backslash in the file's name", text(HEAD + ROWS), PLAIN, file="odd\\n.csv"),
    Odd("blanks around the file's name", text(HEAD + ROWS), PLAIN, file=" odd .csv"),
)  # fmt: skip

QUOTE = "begins a record with a quote that is never closed"
BROKEN = (
    Odd("too few fields", text(HEAD + "1,a,b\n2,c\n"), reason="line 3 has too few fields: 2, and the header has 3"),
    Odd("too many fields", text(HEAD + "1,a,b,c\n"), reason="line 2 has too many fields: 4"),
    Odd("a trailing comma", text(HEAD + "1,a,b,\n"), reason="line 2 has too many fields"),
    Odd("too few fields after quoted lines", text(HEAD + '1,"a\n\n",b\n2,c\n'), reason="line 5 has too few fields"),
    Odd("too few and too many even out", text(HEAD + "1,a\n2,b,c,d\n"), reason="line 2 has too few fields"),
    Odd("a cut last record", text(HEAD + "1,a,b\n2,c"), reason="line 3 has too few fields"),
    Odd("a last record cut in a quote", text(HEAD + '1,a,b\n2,"c'), reason=f"line 3 {QUOTE}"),
    Odd("a last record cut after an open quote", text(HEAD + '1,a,b\n2,c,"'), reason=f"line 3 {QUOTE}"),
    Odd("a quote that never closes", text(HEAD + '1,"a,b\n2,c,d\n3,e,f\n'), reason=f"line 2 {QUOTE}"),
    Odd("a quote that swallows lines", text(HEAD + '1,"a,b\n2,c,d\n3,"e,f\n'),
        reason="line [24] has"),
    Odd("text after a closing quote", text(HEAD + '1,"a"b,c\n'), reason="line 2 has text after the closing quote of"),
    Odd("a blank after a closing quote", text(HEAD + '1,"a" ,c\n'), reason="line 2 has text after the closing quote"),
    Odd("a blank before a quote", text(HEAD + '1, "a,b",c\n'), reason="line 2 has a quote inside field 2"),
    Odd("a quote inside a field", text(HEAD + '1,5" pipe,6" pipe\n'), reason="line 2 has a quote inside field 2"),
    Odd("backslash before a quote", text(HEAD + '1,"a\\"b",c\n2,"d","e"\n'), reason=f"line 2 {QUOTE}"),
    Odd("typographic quotes around a comma", text(HEAD + "1,“a,b”,c\n"), reason="line 2 has too many fields"),
    Odd("a blank line inside", text(HEAD + "1,a,b\n\n2,c,d\n"), reason="line 3 is blank, and records follow"),
    Odd("a line of blanks", text(HEAD + "1,a,b\n   \n2,c,d\n"), reason="line 3 has too few fields"),
    Odd("a trailing line of blanks", text(HEAD + "1,a,b\n   "), reason="line 3 has too few fields"),
    Odd("a blank line before the header", text("\n" + HEAD + ROWS), reason="line 1 is blank"),
    Odd("a title before the header", text("Readings of May\n" + HEAD + ROWS), reason="line 2 has too many fields"),
    Odd("a footer", text(HEAD + ROWS + "(2 rows)\n"), reason="line 4 has too few fields"),
    Odd("CR ends lines", text((HEAD + ROWS).replace("\n", "\r")), reason="line 1 has a carriage return that ends no"),
    Odd("a CR inside a field", text(HEAD + "1,a\rb,c\n"), reason="line 2 has a carriage return"),
    Odd("CR CR LF", text(HEAD + "1,a,b\r\r\n"), reason="line 2 has a carriage return"),
    Odd("CR among LF", text(HEAD + "1,a,b\r2,c,d\n"), reason="line 2 has a carriage return"),
    Odd("a CR at the end", text(HEAD + "1,a,b\r"), reason="line 2 has a carriage return"),
    Odd("a CR in the header", text("id,name\r,note\n" + ROWS), reason="line 1 has a carriage return"),
    Odd("a NUL byte", HEAD.encode() + b"1,a\0,b\n", reason="line 2 holds a NUL byte"),
    Odd("padded with NUL bytes", text(HEAD + ROWS) + bytes(64), reason="line 4 holds a NUL byte"),
    Odd("UTF-16", (HEAD + ROWS).encode("utf-16"), reason="line 1 is written in UTF-16"),
    Odd("UTF-16 big endian", b"\xfe\xff" + (HEAD + ROWS).encode("utf-16-be"), reason="line 1 is written in UTF-16"),
    Odd("UTF-16 without a mark", (HEAD + ROWS).encode("utf-16-le"), reason="line 1 holds a NUL byte"),
    Odd("Latin-1", (HEAD + "1,caf\xe9,b\n").encode("latin-1"), reason="line 2 is not UTF-8 .byte e9."),
    Odd("Latin-1 in the header", "id,name,not\xe9\n1,a,b\n".encode("latin-1"), reason="line 1 is not UTF-8"),
    Odd("a cut letter", (HEAD + "1,a,é").encode()[:-1], reason="line 2 is not UTF-8"),
    Odd("half of a surrogate pair", HEAD.encode() + b"1,\xed\xa0\x80,b\n", reason="line 2 is not UTF-8"),
    Odd("an overlong letter", HEAD.encode() + b"1,\xc0\xaf,b\n", reason="line 2 is not UTF-8"),
    Odd("semicolons", text((HEAD + ROWS).replace(",", ";")), reason="line 1 is a header of . names?, and none"),
    Odd("tabs", text((HEAD + ROWS).replace(",", "\t")), reason="line 1 is a header of . names?, and none"),
    Odd("no header", text("1,a,b\n2,c,d\n"), reason="line 1 is a header of . names?, and none"),
    Odd("a column is missing", text("id,name\n1,a\n"), reason="lacks the column note"),
    Odd("a blank before a name", text("id, name,note\n" + ROWS), reason="lacks the column name; line 1 has ' name'"),
    Odd("a blank after a name", text("id,name ,note\n" + ROWS), reason="lacks the column name; line 1 has 'name '"),
    Odd("a tab after a name", text("id,name\t,note\n" + ROWS), reason="lacks the column name; line 1 has"),
    Odd("a no-break space in a name", text("id,name\u00a0,note\n" + ROWS), reason="lacks the column name; line 1 has"),
    Odd("a zero-width space in a name", text("id,na\u200bme,note\n" + ROWS), reason="the column name; line 1 has"),
    Odd("two byte order marks", BOM + BOM + text(HEAD + ROWS), reason="lacks the column id; line 1 has"),
    Odd("a letter of another alphabet", text("id,nam\u0435,note\n" + ROWS), reason="lacks the column name"),
    Odd("a comma joins two names", text('id,"name,note",x\n' + ROWS), reason="lacks the columns name, note"),
    Odd("a name twice", text("id,name,note,name\n1,a,b,c\n"), reason="line 1 .* columns 2 and 4"),
    Odd("a name in two cases", text("id,name,note,NAME\n1,a,b,c\n"),
        reason="line 1 .* columns 2 and 4"),
    Odd("an extra name twice", text("id,name,note,x,x\n1,a,b,c,d\n"), reason="line 1 .* gives columns 4 and 5"),
    Odd("an unnamed column", text(",id,name,note\n0,1,a,b\n"), reason="line 1 has a header whose column 1 has no name"),
    Odd("an unnamed last column", text("id,name,note,\n1,a,b,\n"), reason="line 1 .* column 4 has no name"),
    Odd("a name of blanks", text("id,name,note, \n1,a,b,\n"), reason="line 1 .* column 4 has no name"),
    Odd("a line break in a name", text('id,name,note,"x\ny"\n1,a,b,c\n'), reason="line 1 .* line break in its name"),
    Odd("a header that never closes", text('id,name,"note\n1,a,b\n'), reason=f"line 1 {QUOTE}"),
    Odd("gzip cut short", GZ[:-9], reason="line . is where the gzip data ends too early", file="odd.csv.gz"),
    Odd("gzip cut in its last bytes", GZ[:-1], reason="line 3 is where the gzip data ends", file="odd.csv.gz"),
    Odd("gzip with a wrong checksum", GZ[:-8] + b"1234" + GZ[-4:], reason="line . .* fails: the file is damaged",
        file="odd.csv.gz"),
    Odd("gzip and other bytes", GZ + b"more", reason="line 3 .* other bytes follow", file="odd.csv.gz"),
    Odd("gzip and NUL bytes", GZ + bytes(512), reason="line 3 .* other bytes follow", file="odd.csv.gz"),
    Odd("gzip and a cut member", GZ + GZ[:12], reason="line 3 .* ends too early", file="odd.csv.gz"),
    Odd("no gzip", text(HEAD + ROWS), reason="line 1 is not compressed with gzip", file="odd.csv.gz"),
    Odd("gzip by content only", GZ, reason="line 1 is compressed with gzip, but its name", file="odd.csv"),
    Odd("gzip in gzip", gzip.compress(GZ), reason="line 1 is compressed with gzip", file="odd.csv.gz"),
    Odd("bzip2 cut short", bz2.compress(text(ROWS))[:-4],
        reason="ends too early", file="odd.csv.bz2"),
    Odd("a zip archive", b"PK\x03\x04" + bytes(30), reason="line 1 is a zip archive or a spreadsheet"),
    Odd("a web page", text("<html>\n<body>Not found</body>\n</html>\n"), reason="line 1 is a header of"),
    Odd("JSON", text('{"id": 1}\n'), reason="line 1 has a quote inside field 1"),
    Odd("no bytes", b"", reason="is empty"),
    Odd("no bytes in gzip", gzip.compress(b""), reason="is empty", file="odd.csv.gz"),
    Odd("only a byte order mark", BOM, reason="is empty"),
    Odd("only blank lines", b"\n\r\n\n", reason="is empty"),
    Odd("only a header", text(HEAD), reason="has no rows"),
    Odd("only a header and blank lines", text(HEAD + "\n\n"), reason="has no rows"),
    Odd("only a header without a line end", text(HEAD.rstrip()), reason="has no rows"),
)  # fmt: skip

SINGLE_EXACT = (
    Odd("one column", text("id\n1\n2\n"), (("1",), ("2",))),
    Odd("one column with a trailing blank line", text("id\n1\n2\n\n"), (("1",), ("2",))),
    Odd("one column with a value of blanks", text("id\n \n1\n"), ((" ",), ("1",))),
    Odd("one column of values in quotes", text('id\n"1,2"\n"3\n"\n'), (("1,2",), ("3\n",))),
    Odd("one column with an empty text", text('"id"\n""\n1\n'), (("",), ("1",))),
)
SINGLE_BROKEN = (
    Odd("one column with a blank line inside", text("id\n1\n\n2\n"), reason="line 3 is blank, and records follow it"),
    Odd("one column and a comma", text("id\n1\n2,3\n"), reason="line 3 has too many fields: 2, and the header has 1"),
)

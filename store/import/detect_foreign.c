/* Files that people try to import and that are something else. */
#include <string.h>

#include "store/import/detect.h"
#include "store/import/fasttext_head.h"

struct mark {
  size_t offset;
  const char *bytes;
  size_t length;
  const char *what;
};

#define MARK(offset, bytes, what) \
  { offset, bytes, sizeof(bytes) - 1, what }
#define UNPACK "; unpack it first"

/* Marks with bytes that no text has. */
static const struct mark marks[] = {
    MARK(0, "\x89HDF\r\n\x1a\n", "an HDF5 file; export its matrix in word2vec or GloVe layout"),
    MARK(0, "\x93NUMPY", "a NumPy array (.npy); use --format npy"),
    MARK(0, "\x1F\x8B", "gzip inside another container" UNPACK),
    MARK(0, "PK\3\4", "a zip archive inside another container" UNPACK),
    MARK(0,
         "\xFD"
         "7zXZ\0",
         "an xz file; unpack it first, or pipe it: xz -dc FILE | wordvec import -"),
    MARK(0, "\x28\xB5\x2F\xFD", "a zstd file; unpack it first, or pipe it: zstd -dc FILE | wordvec import -"),
    MARK(0, "\x04\x22\x4D\x18", "an lz4 file; unpack it first, or pipe it: lz4 -dc FILE | wordvec import -"),
    MARK(0, "7z\xBC\xAF\x27\x1C", "a 7z archive" UNPACK),
    MARK(0, "Rar!\x1A\x07", "a RAR archive" UNPACK),
    MARK(257, "ustar", "a tar archive" UNPACK),
    MARK(0, "SQLite format 3\0", "an SQLite database (Magnitude?); export it in word2vec or GloVe layout"),
    MARK(16, "\xDE\xC0\xEF\xBE", "an LMDB file, perhaps a wordvec store already; serve its folder instead"),
    MARK(0, "GGUF\x02\0\0", "a GGUF model; it holds no word vectors of this kind"),
    MARK(0, "GGUF\x03\0\0", "a GGUF model; it holds no word vectors of this kind"),
    MARK(0, "ARROW1\0\0", "an Arrow file; export it in word2vec or GloVe layout"),
    MARK(0, "PAR1\x15", "a Parquet file; export it in word2vec or GloVe layout"),
};

/* Marks that could also be the first word of a text matrix: asked only when it is none. */
static const struct mark printable_marks[] = {
    MARK(0, "BZh", "a bzip2 file; unpack it first, or pipe it: bzip2 -dc FILE | wordvec import -"),
    MARK(0, "version https://git-lfs.github.com/spec/", "a Git LFS pointer and not the file itself; run git lfs pull"),
    MARK(0, "<!DOCTYPE", "an HTML page, perhaps the error page of a download; fetch the file again"),
    MARK(0, "<!doctype", "an HTML page, perhaps the error page of a download; fetch the file again"),
    MARK(0, "<html", "an HTML page, perhaps the error page of a download; fetch the file again"),
    MARK(0, "<?xml", "an XML file, perhaps the error page of a download; fetch the file again"),
    MARK(0, "{\"", "a JSON file; write it in word2vec or GloVe layout"),
    MARK(0, "[[", "a JSON file; write it in word2vec or GloVe layout"),
    MARK(0, "%PDF-", "a PDF document"),
    MARK(0, "ccopy_reg\n", "a pickle; load it where it was made and save it in word2vec format"),
    MARK(0, "(dp", "a pickle; load it where it was made and save it in word2vec format"),
};

static const char *find_mark(const struct mark *list, size_t count, const unsigned char *data, size_t length) {
  for (size_t i = 0; i < count; i++)
    if (length >= list[i].offset + list[i].length && memcmp(data + list[i].offset, list[i].bytes, list[i].length) == 0)
      return list[i].what;
  return NULL;
}

static const char *find_pickle(const unsigned char *data, size_t length) {
  if (length < 3 || data[0] != 0x80 || data[1] < 2 || data[1] > 5) return NULL;
  return "a pickle, perhaps gensim's own format; load it there and call save_word2vec_format()";
}

/* A length of the header in 8 bytes, then the header, which is JSON. */
static const char *find_safetensors(const unsigned char *data, size_t length) {
  if (length < 10 || data[8] != '{' || data[9] != '"' || data[5] != 0 || data[6] != 0 || data[7] != 0) return NULL;
  return "a safetensors file, which holds no words; export its matrix in word2vec or GloVe layout";
}

static const char *find_utf16(const unsigned char *data, size_t length) {
  if (length < 4) return NULL;
  bool little = data[0] == 0xFF && data[1] == 0xFE && data[3] == 0;
  bool big = data[0] == 0xFE && data[1] == 0xFF && data[2] == 0;
  return little || big ? "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8" : NULL;
}

const char *detect_foreign(const unsigned char *data, size_t length, bool printable) {
  if (printable) return find_mark(printable_marks, sizeof printable_marks / sizeof *printable_marks, data, length);
  const char *what = NULL;
  if (fasttext_head_matches(data, length)) what = "a fastText binary model; import it with --format fasttext-bin";
  if (!what) what = find_mark(marks, sizeof marks / sizeof *marks, data, length);
  if (!what) what = find_pickle(data, length);
  if (!what) what = find_safetensors(data, length);
  if (!what) what = find_utf16(data, length);
  return what;
}

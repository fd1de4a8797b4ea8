// The part of zlib's interface that is used (zlib.h, version 1): the library is loaded when a file needs it, so that neither its
// headers nor the library have to be there to build or to run.
#ifndef CZLIB_H
#define CZLIB_H

typedef struct {
  const unsigned char *next_in;
  unsigned int avail_in;
  unsigned long total_in;
  unsigned char *next_out;
  unsigned int avail_out;
  unsigned long total_out;
  const char *msg;
  void *state;
  void *(*zalloc)(void *, unsigned int, unsigned int);
  void (*zfree)(void *, void *);
  void *opaque;
  int data_type;
  unsigned long adler;
  unsigned long reserved;
} czlib_stream;

// Every call is told the caller's version and size of the structure, and fails where they don't fit.
typedef int (*czlib_inflate_init2)(czlib_stream *, int window_bits, const char *version, int stream_size);
typedef int (*czlib_inflate)(czlib_stream *, int flush);
typedef int (*czlib_inflate_end)(czlib_stream *);
typedef int (*czlib_inflate_reset)(czlib_stream *);
typedef int (*czlib_deflate_init2)(
    czlib_stream *, int level, int method, int window_bits, int memory_level, int strategy, const char *version,
    int stream_size);
typedef int (*czlib_deflate)(czlib_stream *, int flush);
typedef int (*czlib_deflate_end)(czlib_stream *);

enum { CZLIB_OK = 0, CZLIB_STREAM_END = 1, CZLIB_BUFFER_ERROR = -5, CZLIB_NO_FLUSH = 0, CZLIB_FINISH = 4 };
enum { CZLIB_DEFLATED = 8, CZLIB_DEFAULT_LEVEL = -1, CZLIB_DEFAULT_MEMORY = 8, CZLIB_DEFAULT_STRATEGY = 0 };

#endif

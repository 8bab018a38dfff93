//! The codings of bodies that are asked for, undone.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::kept::MOST_KEPT;

/// What requests say they take.
pub(super) const TAKEN: &str = "gzip, deflate";

/// The body without its coding, up to [`MOST_KEPT`] bytes; as it is, where the coding is none that was asked for.
/// `None` where it is broken.
pub(super) fn decode(coding: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let read = match coding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"gzip" | b"x-gzip" => read(MultiGzDecoder::new(body), &mut decoded),
        // RFC 9110, 8.4.1.2: it is zlib's format, and some send it without that.
        b"deflate" if is_zlib(body) => read(ZlibDecoder::new(body), &mut decoded),
        b"deflate" => read(DeflateDecoder::new(body), &mut decoded),
        _ => return Some(body.to_vec()),
    };
    // Of one that was not kept to its end, the beginning is as good as of any other.
    (read.is_ok() || body.len() == MOST_KEPT).then_some(decoded)
}

fn read(coded: impl Read, plain: &mut Vec<u8>) -> io::Result<usize> {
    coded.take(MOST_KEPT as u64).read_to_end(plain)
}

/// Has it the head of zlib's format (RFC 1950, 2.2)?
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, check, ..] if method & 15 == 8 && u16::from_be_bytes([*method, *check]) % 31 == 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn every_coding_that_is_asked_for_is_undone() {
        let text = b"hello, hello, hello".as_slice();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        for encoder in [&mut gzip as &mut dyn Write, &mut zlib, &mut raw] {
            encoder.write_all(text).expect("room");
        }
        let [gzip, zlib, raw] = [gzip.finish(), zlib.finish(), raw.finish()].map(|coded| coded.expect("room"));
        for (coding, body) in [("gzip", &gzip), ("X-Gzip", &gzip), ("deflate", &zlib), ("deflate", &raw)] {
            assert_eq!(decode(coding.as_bytes(), body).as_deref(), Some(text), "{coding}");
        }
        assert_eq!(decode(b"identity", text).as_deref(), Some(text));
        assert_eq!(decode(b"br", text).as_deref(), Some(text), "it was not asked for");
        assert_eq!(decode(b"gzip", text), None);
        assert_eq!(decode(b"gzip", &gzip[..gzip.len() - 4]), None, "its end is missing");
    }
}

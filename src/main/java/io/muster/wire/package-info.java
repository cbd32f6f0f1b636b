/**
 * Frames and the primitives of all codecs. Bytes that make no sense end here as {@code MalformedFrame}. Read
 * {@code ByteReader}, {@code Codec}, {@code Frame}.
 */
package io.muster.wire;

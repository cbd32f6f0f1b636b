package io.muster.sim;

import io.muster.base.Bytes;

/** Bytes on their way. @param hurt whether a bit was flipped since they were sent */
record SimFrame(Bytes bytes, boolean hurt) {}

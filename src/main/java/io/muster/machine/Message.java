package io.muster.machine;

/** What travels between nodes. Each layer declares its own sealed family and the bytes of it. */
public interface Message {}

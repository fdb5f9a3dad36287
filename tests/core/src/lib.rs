//! Tests of what needs no I/O: the dialects' conformance, and the shape of the workspace.

//! Tests without I/O: conformance of the dialects, and the shape of the workspace.

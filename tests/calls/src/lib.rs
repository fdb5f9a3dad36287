//! call tests

//! The storefront dialect: sellers and customers of a shop.

pub mod wire;

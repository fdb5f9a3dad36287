//! REST replies shared by the backends.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::openapi::{Doc, Output};
use crate::relay::IceServer;

/// A reply with status 201.
pub(crate) struct Created<T>(pub(crate) T);

impl<T: IntoResponse> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, self.0).into_response()
    }
}

impl<T: Output> Output for Created<T> {
    fn describe(doc: &mut Doc, _: u16) {
        T::describe(doc, StatusCode::CREATED.as_u16());
    }
}

/// A success that a message says all of.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Done {
    success: bool,
    message: &'static str,
}

pub(crate) fn done(message: &'static str) -> Json<Done> {
    Json(Done { success: true, message })
}

/// A success and what was asked for.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Data<T> {
    success: bool,
    data: T,
}

pub(crate) fn data<T>(data: T) -> Json<Data<T>> {
    Json(Data { success: true, data })
}

/// The same with a message.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DataWithMessage<T> {
    success: bool,
    message: &'static str,
    data: T,
}

pub(crate) fn data_with_message<T>(message: &'static str, data: T) -> Json<DataWithMessage<T>> {
    Json(DataWithMessage { success: true, message, data })
}

/// A success whose fields stand beside it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Success<T> {
    success: bool,
    #[serde(flatten)]
    fields: T,
}

pub(crate) fn success<T>(fields: T) -> Json<Success<T>> {
    Json(Success { success: true, fields })
}

/// STUN and TURN servers; credentials are good for `ttl` seconds.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IceServersReply {
    success: bool,
    ice_servers: Vec<IceServer>,
    ttl: u64,
}

pub(crate) fn ice_servers(ice_servers: Vec<IceServer>, ttl: u64) -> Json<IceServersReply> {
    Json(IceServersReply { success: true, ice_servers, ttl })
}

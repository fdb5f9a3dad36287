//! Error responses of the REST API. Each backend writes them in its own shape,
//! which a layer around its routes applies: handlers only say what is wrong.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::passwords::Busy;
use crate::store::StoreError;
use crate::throttle::warn_rarely;

/// How a backend writes its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{success: false, message}`
    Success,
    /// `{error}`
    Error,
    /// `{statusCode, message, error}`, `error` being the name of the status.
    Nest,
}

impl Shape {
    pub(crate) fn body(self, error: &ApiError) -> Value {
        let mut body = match self {
            Self::Success => json!({ "success": false, "message": error.message }),
            Self::Error => json!({ "error": error.message }),
            Self::Nest => json!({
                "statusCode": error.status.as_u16(),
                "message": error.message,
                "error": error.status.canonical_reason().unwrap_or("Error"),
            }),
        };
        if let Some(body) = body.as_object_mut() {
            body.extend(error.more.clone());
            if let Some(seconds) = error.retry_after {
                body.insert("retryAfter".to_owned(), json!(seconds));
            }
        }
        body
    }

    /// The layer's work: writes errors, also the framework's own, in this shape.
    pub(crate) async fn apply(self, request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let error = match response.extensions_mut().remove::<ApiError>() {
            Some(error) => error,
            None if is_foreign_error(&response) => {
                let status = response.status();
                ApiError::status(status, status.canonical_reason().unwrap_or("Error"))
            }
            None => return response,
        };
        let mut shaped = (error.status, Json(self.body(&error))).into_response();
        if let Some(seconds) = error.retry_after {
            shaped.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so that its connection cannot serve again.
            shaped.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
            shaped.headers_mut().insert(header::ALLOW, allow);
        }
        shaped
    }
}

/// A refusal of the framework: plain text or nothing.
fn is_foreign_error(response: &Response) -> bool {
    let status = response.status();
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    (status.is_client_error() || status.is_server_error()) && !json
}

/// Why a request was not done, and the response that says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    /// Seconds.
    retry_after: Option<u64>,
    more: Map<String, Value>,
}

impl ApiError {
    pub(crate) fn status(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None, more: Map::new() }
    }

    /// Another field of the body, for example `errors`; replaces one of the shape's own.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.more.insert(field.to_owned(), value.into());
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::status(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::status(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::status(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::status(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::status(StatusCode::CONFLICT, message)
    }

    pub(crate) fn internal() -> Self {
        Self::status(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// `retry_after` in seconds.
    pub(crate) fn too_many(message: impl Into<String>, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::status(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// There is no room for it now.
    pub(crate) fn busy() -> Self {
        let message = "The server is busy, please try again in a moment";
        Self { retry_after: Some(1), ..Self::status(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// Something that it needs is away. `retry_after` in seconds.
    pub(crate) fn unavailable(message: impl Into<String>, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::status(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// It is the server's fault, not the caller's.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.is_server_error()
    }

    /// What the caller reads.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // A full disk fails every request there is.
        warn_rarely!(error, "A request failed");
        Self::internal()
    }
}

impl From<Busy> for ApiError {
    fn from(_: Busy) -> Self {
        Self::busy()
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl IntoResponse for ApiError {
    /// Without a body: [`Shape::apply`] writes it.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_is_the_documented_one() {
        let error = ApiError::too_many("Slow down", 7).with("errors", json!(["x"]));

        assert_eq!(
            Shape::Success.body(&error),
            json!({ "success": false, "message": "Slow down", "retryAfter": 7, "errors": ["x"] })
        );
        assert_eq!(Shape::Error.body(&ApiError::not_found("No room")), json!({ "error": "No room" }));
        assert_eq!(
            Shape::Nest.body(&ApiError::forbidden("No")),
            json!({ "statusCode": 403, "message": "No", "error": "Forbidden" })
        );
    }
}

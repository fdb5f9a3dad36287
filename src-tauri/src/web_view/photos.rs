//! The URI scheme of photos: `photo://localhost/<address>`, the address as one percent-encoded segment. The web
//! view itself reaches no other server.

use bellwire_engine::Handle;
use percent_encoding::percent_decode_str;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Builder, Manager, Runtime};

use crate::tasks::Tasks;

/// On Windows the URL is `http://photo.localhost/`.
const SCHEME: &str = "photo";
/// Bytes of an address. Photos inside the address itself do not come this way.
const MAX_ADDRESS_BYTES: usize = 8192;

pub(crate) fn register<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.register_asynchronous_uri_scheme_protocol(SCHEME, |context, request, responder| {
        let app = context.app_handle().clone();
        context.app_handle().state::<Tasks>().spawn(async move {
            let engine = app.try_state::<Handle>().map(|engine| engine.inner().clone());
            responder.respond(match (engine, address(&request)) {
                (Some(engine), Some(address)) => answer(engine.photo(&address).await.as_deref()),
                (None, _) | (_, None) => answer(None),
            });
        });
    })
}

fn address(request: &Request<Vec<u8>>) -> Option<String> {
    let path = request.uri().path().strip_prefix('/')?;
    let address = percent_decode_str(path).decode_utf8().ok()?;
    (!address.is_empty() && address.len() <= MAX_ADDRESS_BYTES).then(|| address.into_owned())
}

fn answer(photo: Option<&bellwire_engine::Photo>) -> Response<Vec<u8>> {
    let (status, mime, bytes) = match photo {
        Some(photo) => (StatusCode::OK, photo.mime, photo.bytes.clone()),
        None => (StatusCode::NOT_FOUND, "text/plain", Vec::new()),
    };
    let answer = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, mime)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-store")
        .body(bytes);
    // All of its parts are fixed.
    answer.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Option<String> {
        address(&Request::builder().uri(uri).body(Vec::new()).expect("a request"))
    }

    #[test]
    fn the_address_is_one_encoded_piece() {
        let address = "http://shop.example:8000/p/José 1.png?size=2&a=b#c";
        let encoded = "http%3A%2F%2Fshop.example%3A8000%2Fp%2FJos%C3%A9%201.png%3Fsize%3D2%26a%3Db%23c";
        assert_eq!(of(&format!("photo://localhost/{encoded}")).as_deref(), Some(address));
        assert_eq!(of(&format!("http://photo.localhost/{encoded}")).as_deref(), Some(address));
        assert_eq!(of("photo://localhost/"), None);
        assert_eq!(of("photo://localhost/%FF%FE"), None);
        assert_eq!(of(&format!("photo://localhost/{}", "a".repeat(MAX_ADDRESS_BYTES + 1))), None);
    }

    #[test]
    fn nothing_but_a_picture_or_nothing_comes() {
        let photo = bellwire_engine::Photo { mime: "image/png", bytes: vec![1, 2, 3] };
        let there = answer(Some(&photo));
        assert_eq!((there.status(), there.body().as_slice()), (StatusCode::OK, &[1, 2, 3][..]));
        assert_eq!(there.headers()[header::CONTENT_TYPE], "image/png");
        assert_eq!(answer(None).status(), StatusCode::NOT_FOUND);
    }
}

//! The hearth backend (one to one, group and therapy). Not yet more than its entry in the table.

use std::sync::Arc;

use socketioxide::SocketIo;

use crate::app::StartError;
use crate::backend::{About, Running, Work};
use crate::common::Common;
use crate::error::Shape;
use crate::openapi::Routes;

pub(crate) const ABOUT: About = About {
    id: "hearth",
    label: "Hearth",
    rest_prefix: "",
    sign_in_fields: &["email", "password"],
    roles: &[],
    shape: Shape::Success,
    demo_logins: &[],
};

#[expect(clippy::unused_async, reason = "opens its store here")]
pub(crate) async fn start(
    _common: &Arc<Common>,
    _io: &SocketIo,
    _work: &mut Work,
) -> Result<Running, StartError> {
    Ok(Running { rest: Routes::new(""), socket: Routes::new("") })
}

//! Sign-in: the endpoint, and the identity that the reply names.

use bellwire_call::{Person, PersonId};
use serde::Deserialize;
use serde_json::Value;

use super::wire::{LoginBody, LoginReply};
use crate::{Credentials, Identity, LoginError, LoginStep, Method, RestCall, events::value, limits, rest};

pub(super) fn request(typed: &Credentials) -> Result<RestCall, LoginError> {
    known(&typed.role)?;
    let body = LoginBody { email: typed.email.trim().to_owned(), password: typed.password.clone() };
    Ok(rest::send(Method::Post, "/auth/login", value(&body)))
}

pub(super) fn parse(
    typed: &Credentials,
    _so_far: Option<&Identity>,
    status: u16,
    body: &Value,
) -> Result<LoginStep, LoginError> {
    known(&typed.role)?;
    rest::signed_in(status, body)?;
    let reply = LoginReply::deserialize(body).map_err(|_| LoginError::NotThisBackend)?;
    if reply.user.id.is_empty() || reply.token.is_empty() {
        return Err(LoginError::NotThisBackend);
    }
    let name = limits::shown(&reply.user.name());
    Ok(LoginStep::Done(Identity {
        dialect: super::ENTRY.id.to_owned(),
        person: Person { id: PersonId(reply.user.id), name, avatar: reply.user.profile_picture },
        role: typed.role.clone(),
        token: reply.token,
        cookie: None,
        bearer: true,
        refresh_token: None,
    }))
}

fn known(role: &str) -> Result<(), LoginError> {
    let known = super::ENTRY.roles.iter().any(|known| known.id == role);
    known.then_some(()).ok_or_else(|| LoginError::UnknownRole { role: role.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed() -> Credentials {
        Credentials { role: "user".into(), email: " ana@demo.example ".into(), password: "secret".into() }
    }

    fn parse(status: u16, body: &Value) -> Result<Identity, LoginError> {
        match super::parse(&typed(), None, status, body)? {
            LoginStep::Done(identity) => Ok(identity),
            LoginStep::Then { .. } => panic!("one call is enough"),
        }
    }

    #[test]
    fn the_token_goes_into_a_header_and_both_names_make_one() {
        let call = request(&typed()).unwrap();
        assert_eq!(call.path, "/auth/login");
        assert_eq!(call.body, Some(json!({ "email": "ana@demo.example", "password": "secret" })));
        let body = json!({ "success": true, "token": "t",
            "user": { "_id": "u1", "id": "u1", "firstName": "Ana", "lastName": "Lima", "email": "x" } });
        let identity = parse(200, &body).unwrap();
        assert_eq!((identity.person.name.as_str(), identity.bearer), ("Ana Lima", true));
        assert_eq!(identity.person.id, PersonId("u1".into()));
    }

    #[test]
    fn failures_are_told_apart() {
        let refused = json!({ "success": false, "message": "Invalid credentials" });
        let message = "Invalid credentials".to_owned();
        assert_eq!(parse(401, &refused).unwrap_err(), LoginError::WrongCredentials { message });
        assert_eq!(parse(200, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        assert_eq!(parse(404, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        assert_eq!(parse(429, &Value::Null).unwrap_err(), LoginError::RateLimited);
        let nest =
            json!({ "statusCode": 404, "message": "Cannot POST /api/auth/login", "error": "Not Found" });
        assert_eq!(parse(404, &nest).unwrap_err(), LoginError::NotThisBackend);
        let nobody = json!({ "success": true, "token": "", "user": { "id": "u1" } });
        assert_eq!(parse(200, &nobody).unwrap_err(), LoginError::NotThisBackend);
        let stranger = Credentials { role: "plumber".into(), ..typed() };
        assert!(matches!(request(&stranger), Err(LoginError::UnknownRole { .. })));
    }
}

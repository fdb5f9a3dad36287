//! Sign-in, and token refresh without a password.

use bellwire_call::{Person, PersonId};
use serde::Deserialize;
use serde_json::Value;

use super::wire::{Envelope, LoginBody, LoginReply, RefreshBody, Role, Tokens, User};
use crate::{
    Credentials, Identity, LoginError, LoginStep, Method, Query, ReplyError, RestCall, events::value, limits,
    rest,
};

pub(super) fn request(typed: &Credentials) -> Result<RestCall, LoginError> {
    parse_role(&typed.role)?;
    let body = LoginBody { email: typed.email.trim().to_owned(), password: typed.password.clone() };
    Ok(rest::send(Method::Post, "/auth/login", value(&body)))
}

pub(super) fn parse(
    typed: &Credentials,
    _so_far: Option<&Identity>,
    status: u16,
    body: &Value,
) -> Result<LoginStep, LoginError> {
    let typed_role = parse_role(&typed.role)?;
    rest::signed_in(status, body)?;
    let reply = LoginReply::deserialize(body).map_err(|_| LoginError::NotThisBackend)?.data;
    if reply.user.id().is_empty() || reply.token.is_empty() {
        return Err(LoginError::NotThisBackend);
    }
    // The backend has one login for all, so its word about the role counts, not the form's.
    let role = reply.user.role.as_deref().and_then(Role::parse).unwrap_or(typed_role);
    Ok(LoginStep::Done(Identity {
        dialect: super::ENTRY.id.to_owned(),
        person: person(&reply.user),
        role: role.as_str().to_owned(),
        token: reply.token,
        cookie: None,
        bearer: true,
        refresh_token: reply.refresh_token.filter(|token| !token.is_empty()),
    }))
}

pub(super) fn refresh(identity: &Identity) -> Option<Query<'static, Identity>> {
    let refresh_token = identity.refresh_token.clone()?;
    let call = rest::send(Method::Post, "/auth/refresh-token", value(&RefreshBody { refresh_token }));
    let identity = identity.clone();
    Some(Query::new(call, move |status, body| parse_refresh(&identity, status, body)))
}

/// The tokens stand in `data` or bare, and a new refresh token may be missing: then the old one stays.
fn parse_refresh(identity: &Identity, status: u16, body: &Value) -> Result<Identity, ReplyError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Reply {
        Wrapped(Envelope<Tokens>),
        Bare(Tokens),
    }
    // Whatever a backend calls a refresh token it does not like: only a password helps then.
    if matches!(status, 400 | 401 | 403 | 404) {
        return Err(ReplyError::TokenExpired);
    }
    let tokens = match rest::read(status, body)? {
        Reply::Wrapped(reply) => reply.data,
        Reply::Bare(tokens) => tokens,
    };
    if tokens.token.is_empty() {
        return Err(ReplyError::NotUnderstood);
    }
    let refresh_token = tokens.refresh_token.filter(|token| !token.is_empty());
    Ok(Identity {
        token: tokens.token,
        refresh_token: refresh_token.or_else(|| identity.refresh_token.clone()),
        ..identity.clone()
    })
}

/// A person as signals name people.
pub(super) fn person(user: &User) -> Person {
    Person {
        id: PersonId(user.id().to_owned()),
        name: limits::shown(user.shown_name()),
        avatar: user.picture().map(str::to_owned),
    }
}

fn parse_role(role: &str) -> Result<Role, LoginError> {
    Role::parse(role).ok_or_else(|| LoginError::UnknownRole { role: role.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed(role: &str) -> Credentials {
        Credentials { role: role.into(), email: " ann@example.com ".into(), password: "secret".into() }
    }

    fn parse(role: &str, status: u16, body: &Value) -> Result<Identity, LoginError> {
        match super::parse(&typed(role), None, status, body)? {
            LoginStep::Done(identity) => Ok(identity),
            LoginStep::Then { .. } => panic!("one call is enough"),
        }
    }

    fn signed_in() -> Identity {
        let body = json!({ "success": true, "message": "Login successful", "data": {
            "user": { "_id": "u1", "id": "u1", "fullName": "Ann", "email": "ann@example.com", "role": "client",
                "avatar": { "url": "https://img/1.png" } },
            "token": "t1", "refreshToken": "r1" } });
        parse("provider", 200, &body).unwrap()
    }

    #[test]
    fn one_login_for_all_and_the_backend_says_the_role() {
        let call = request(&typed("client")).unwrap();
        assert_eq!(call.path, "/auth/login");
        assert_eq!(call.body, Some(json!({ "email": "ann@example.com", "password": "secret" })));
        let identity = signed_in();
        assert_eq!((identity.role.as_str(), identity.bearer), ("client", true));
        assert_eq!(identity.person.avatar.as_deref(), Some("https://img/1.png"));
        assert_eq!(identity.refresh_token.as_deref(), Some("r1"));
    }

    #[test]
    fn failures_are_told_apart() {
        let wrong = json!({ "success": false, "message": "Invalid credentials" });
        let message = "Invalid credentials".to_owned();
        assert_eq!(parse("client", 401, &wrong).unwrap_err(), LoginError::WrongCredentials { message });
        assert_eq!(parse("client", 429, &wrong).unwrap_err(), LoginError::RateLimited);
        assert_eq!(parse("client", 503, &wrong).unwrap_err(), LoginError::BackendFailed { status: 503 });
        assert_eq!(parse("client", 200, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        assert_eq!(parse("client", 404, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        let nest =
            json!({ "statusCode": 404, "message": "Cannot POST /api/auth/login", "error": "Not Found" });
        assert_eq!(parse("client", 404, &nest).unwrap_err(), LoginError::NotThisBackend);
        assert!(matches!(parse("plumber", 200, &Value::Null), Err(LoginError::UnknownRole { .. })));
    }

    #[test]
    fn a_token_is_renewed_with_or_without_a_new_refresh_token() {
        let identity = signed_in();
        let call = refresh(&identity).unwrap().call;
        assert_eq!(call.path, "/auth/refresh-token");
        assert_eq!(call.body, Some(json!({ "refreshToken": "r1" })));
        let body = json!({ "success": true, "data": { "token": "t2", "refreshToken": "r2" } });
        let renewed = parse_refresh(&identity, 200, &body).unwrap();
        assert_eq!((renewed.token.as_str(), renewed.refresh_token.as_deref()), ("t2", Some("r2")));
        assert_eq!(renewed.person, identity.person);
        let renewed = parse_refresh(&identity, 200, &json!({ "success": true, "token": "t3" })).unwrap();
        assert_eq!((renewed.token.as_str(), renewed.refresh_token.as_deref()), ("t3", Some("r1")));
    }

    #[test]
    fn a_refresh_token_that_is_over_asks_for_the_password() {
        let identity = signed_in();
        for status in [400, 401, 403] {
            let error = parse_refresh(&identity, status, &json!({ "message": "Invalid refresh token" }));
            assert_eq!(error.unwrap_err(), ReplyError::TokenExpired);
        }
        let error = parse_refresh(&identity, 0, &Value::Null).unwrap_err();
        assert_eq!(error, ReplyError::Unreachable);
        let error = parse_refresh(&identity, 200, &json!({ "data": { "token": "" } })).unwrap_err();
        assert_eq!(error, ReplyError::NotUnderstood);
        assert!(refresh(&Identity { refresh_token: None, ..identity }).is_none());
    }

    #[test]
    fn neither_token_nor_name_appear_in_a_debug_print() {
        let printed = format!("{:?}", signed_in());
        assert!(!printed.contains("t1") && !printed.contains("r1") && !printed.contains("Ann"), "{printed}");
    }
}

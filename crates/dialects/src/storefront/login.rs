//! Sign-in: the endpoint, and the identity that the reply names.

use bellwire_call::{Person, PersonId};
use serde_json::{Value, json};

use super::wire::{Avatar, LoginReply, UserType};
use crate::{Credentials, Identity, LoginError, LoginStep, Method, RestCall, limits, rest};

pub(super) fn request(typed: &Credentials) -> Result<RestCall, LoginError> {
    let path = match parse_role(&typed.role)? {
        UserType::Seller => "/shop/login-shop",
        UserType::Customer => "/user/login-user",
    };
    let body = json!({ "email": typed.email.trim(), "password": typed.password });
    Ok(RestCall { method: Method::Post, path: path.to_owned(), query: Vec::new(), body: Some(body) })
}

pub(super) fn parse(
    typed: &Credentials,
    _so_far: Option<&Identity>,
    status: u16,
    body: &Value,
) -> Result<LoginStep, LoginError> {
    let role = parse_role(&typed.role)?;
    rest::signed_in(status, body)?;
    let reply: LoginReply = serde::Deserialize::deserialize(body).map_err(|_| LoginError::NotThisBackend)?;
    if reply.user.id.is_empty() || reply.token.is_empty() {
        return Err(LoginError::NotThisBackend);
    }
    let name = limits::shown(reply.user.name.as_deref().unwrap_or_default());
    let avatar = reply.user.avatar.as_ref().and_then(Avatar::address).map(str::to_owned);
    Ok(LoginStep::Done(Identity {
        dialect: super::ENTRY.id.to_owned(),
        person: Person { id: PersonId(reply.user.id), name, avatar },
        role: role.as_str().to_owned(),
        token: reply.token,
        cookie: Some(role.cookie().to_owned()),
        bearer: false,
        refresh_token: None,
    }))
}

fn parse_role(role: &str) -> Result<UserType, LoginError> {
    UserType::parse(role).ok_or_else(|| LoginError::UnknownRole { role: role.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(role: &str) -> Credentials {
        Credentials { role: role.into(), email: " shop@example.com ".into(), password: "secret".into() }
    }

    fn parse(role: &str, status: u16, body: &Value) -> Result<Identity, LoginError> {
        match super::parse(&typed(role), None, status, body)? {
            LoginStep::Done(identity) => Ok(identity),
            LoginStep::Then { .. } => panic!("one call is enough"),
        }
    }

    #[test]
    fn a_shop_signs_in_at_its_own_endpoint_and_gets_its_own_cookie() {
        let call = request(&typed("seller")).unwrap();
        assert_eq!(call.path, "/shop/login-shop");
        assert_eq!(call.body, Some(json!({ "email": "shop@example.com", "password": "secret" })));
        let body = json!({ "success": true, "token": "t", "user": { "_id": "s1", "name": "Shop", "avatar":
            { "public_id": "x", "url": "https://img/1.png" } } });
        let identity = parse("seller", 201, &body).unwrap();
        assert_eq!(identity.cookie.as_deref(), Some("seller_token"));
        assert_eq!(identity.person.avatar.as_deref(), Some("https://img/1.png"));
        assert_eq!(identity.person.id, PersonId("s1".into()));
    }

    #[test]
    fn a_wrong_password_is_told_in_the_backends_words() {
        let body = json!({ "success": false, "message": "Please provide the correct information" });
        let error = parse("customer", 400, &body).unwrap_err();
        assert_eq!(
            error,
            LoginError::WrongCredentials { message: "Please provide the correct information".into() }
        );
    }

    #[test]
    fn a_page_that_is_no_backend_is_recognised() {
        assert_eq!(parse("customer", 200, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        assert_eq!(parse("customer", 404, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        let nest =
            json!({ "message": "Cannot POST /user/login-user", "error": "Not Found", "statusCode": 404 });
        assert_eq!(parse("customer", 404, &nest).unwrap_err(), LoginError::NotThisBackend);
        let page = json!("<pre>Cannot POST /api/v2/user/login-user</pre>");
        assert_eq!(parse("customer", 404, &page).unwrap_err(), LoginError::NotThisBackend);
        let unknown = json!({ "success": false, "message": "User doesn't exist!" });
        assert!(matches!(parse("customer", 404, &unknown), Err(LoginError::WrongCredentials { .. })));
        assert_eq!(parse("customer", 429, &Value::Null).unwrap_err(), LoginError::RateLimited);
        assert!(matches!(parse("plumber", 200, &Value::Null), Err(LoginError::UnknownRole { .. })));
    }

    #[test]
    fn neither_token_nor_name_appear_in_a_debug_print() {
        let body = json!({ "token": "very-secret", "user": { "_id": "u", "name": "Ann" } });
        let printed = format!("{:?}", parse("customer", 201, &body).unwrap());
        assert!(!printed.contains("very-secret") && !printed.contains("Ann"), "{printed}");
    }
}

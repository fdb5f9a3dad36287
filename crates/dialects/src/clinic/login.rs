//! Sign-in: the login gives a token and nothing else, so a second request asks for the identity.

use bellwire_call::{Person, PersonId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{LoginReply, StatusReply, StatusUser, UserRole};
use crate::{Credentials, Identity, LoginError, LoginStep, Method, RestCall, limits, rest};

const PASSWORD_CHANGE: &str = "PASSWORD_CHANGE_REQUIRED";

pub(super) fn request(typed: &Credentials) -> Result<RestCall, LoginError> {
    let path = match role(&typed.role)? {
        UserRole::Practitioner => "/auth/login/practitioner",
        UserRole::Patient => "/auth/login",
    };
    Ok(rest::send(Method::Post, path, json!({ "email": typed.email.trim(), "password": typed.password })))
}

pub(super) fn parse(
    typed: &Credentials,
    so_far: Option<&Identity>,
    status: u16,
    body: &Value,
) -> Result<LoginStep, LoginError> {
    let role = role(&typed.role)?;
    rest::signed_in(status, body)?;
    match so_far {
        None => token(role, body),
        Some(so_far) => who(so_far, body),
    }
}

fn token(role: UserRole, body: &Value) -> Result<LoginStep, LoginError> {
    let reply = LoginReply::deserialize(body).map_err(|_| LoginError::NotThisBackend)?;
    if reply.code == PASSWORD_CHANGE {
        let message = rest::message(body);
        let message = message.unwrap_or_else(|| "a new password is required first".to_owned());
        return Err(LoginError::PasswordChangeRequired { message });
    }
    let token = reply.access_token.filter(|token| !token.is_empty()).ok_or(LoginError::NotThisBackend)?;
    let so_far = Identity {
        dialect: super::ENTRY.id.to_owned(),
        person: Person { id: PersonId(String::new()), name: String::new(), avatar: None },
        role: role.id().to_owned(),
        token,
        cookie: None,
        bearer: true,
        refresh_token: None,
    };
    Ok(LoginStep::Then { so_far, call: rest::fetch("/auth/status") })
}

/// What the account is, the backend knows better than the form.
fn who(so_far: &Identity, body: &Value) -> Result<LoginStep, LoginError> {
    let StatusReply { code: _, user } =
        StatusReply::deserialize(body).map_err(|_| LoginError::NotThisBackend)?;
    let role = match &user.role {
        None => so_far.role.clone(),
        Some(word) => match UserRole::parse(word) {
            Some(role) => role.id().to_owned(),
            None => {
                let message = "this account is neither a practitioner nor a patient".to_owned();
                return Err(LoginError::WrongCredentials { message });
            }
        },
    };
    let name = name(&user);
    let id = user.id.or(user.sub).and_then(|id| limits::id(id).ok()).ok_or(LoginError::NotThisBackend)?;
    let person = Person { id: PersonId(id), name, avatar: user.profile_picture.or(user.profile_image_url) };
    Ok(LoginStep::Done(Identity { person, role, ..so_far.clone() }))
}

fn name(user: &StatusUser) -> String {
    let parts = [user.first_name.as_deref(), user.last_name.as_deref()];
    let full = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let words = [Some(full.as_str()), user.name.as_deref(), user.email.as_deref()];
    words.into_iter().flatten().map(limits::shown).find(|words| !words.is_empty()).unwrap_or_default()
}

fn role(word: &str) -> Result<UserRole, LoginError> {
    UserRole::parse(word).ok_or_else(|| LoginError::UnknownRole { role: word.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(role: &str) -> Credentials {
        Credentials { role: role.into(), email: " ann@demo.example ".into(), password: "secret".into() }
    }

    fn first(body: &Value) -> Result<LoginStep, LoginError> {
        parse(&typed("patient"), None, 201, body)
    }

    fn signed_in() -> Identity {
        match first(&json!({ "code": "LOGIN_SUCCESS", "access_token": "t" })).unwrap() {
            LoginStep::Then { so_far, call } => {
                assert_eq!(call, rest::fetch("/auth/status"));
                assert!(so_far.bearer);
                so_far
            }
            LoginStep::Done(_) => panic!("nobody said who we are"),
        }
    }

    fn second(body: &Value) -> Result<Identity, LoginError> {
        match parse(&typed("patient"), Some(&signed_in()), 200, body)? {
            LoginStep::Done(identity) => Ok(identity),
            LoginStep::Then { .. } => panic!("two calls are enough"),
        }
    }

    #[test]
    fn each_role_has_its_endpoint() {
        let call = request(&typed("practitioner")).unwrap();
        assert_eq!(call.path, "/auth/login/practitioner");
        assert_eq!(call.body.unwrap()["email"], "ann@demo.example");
        assert_eq!(request(&typed("Patient")).unwrap().path, "/auth/login");
        assert!(matches!(request(&typed("seller")), Err(LoginError::UnknownRole { .. })));
    }

    #[test]
    fn who_we_are_is_asked_with_the_token() {
        let row = json!({ "code": "TOKEN_VALID", "user": {
            "id": "u1", "email": "ann@demo.example", "role": "Practitioner", "firstName": "Ann", "lastName": "Wu" } });
        let identity = second(&row).unwrap();
        assert_eq!((identity.person.id.0.as_str(), identity.person.name.as_str()), ("u1", "Ann Wu"));
        // The form said patient; the account is what the backend says.
        assert_eq!((identity.role.as_str(), identity.token.as_str()), ("practitioner", "t"));
        let claims =
            json!({ "code": "TOKEN_VALID", "user": { "sub": "u2", "email": "b@x", "role": "Patient" } });
        let identity = second(&claims).unwrap();
        assert_eq!((identity.person.id.0.as_str(), identity.person.name.as_str()), ("u2", "b@x"));
        let admin = json!({ "code": "TOKEN_VALID", "user": { "id": "u3", "role": "Admin" } });
        assert!(matches!(second(&admin), Err(LoginError::WrongCredentials { .. })));
        assert_eq!(second(&json!({ "code": "TOKEN_VALID", "user": {} })), Err(LoginError::NotThisBackend));
    }

    #[test]
    fn a_new_password_comes_first_where_the_backend_wants_one() {
        let body = json!({ "code": PASSWORD_CHANGE, "message": "Please change your password",
            "temp_access_token": "x" });
        let error = first(&body).unwrap_err();
        let message = "Please change your password".to_owned();
        assert_eq!(error, LoginError::PasswordChangeRequired { message });
    }

    #[test]
    fn failures_are_told_apart() {
        let nest = json!({ "statusCode": 401, "message": "Invalid credentials", "error": "Unauthorized" });
        let error = parse(&typed("patient"), None, 401, &nest).unwrap_err();
        assert_eq!(error, LoginError::WrongCredentials { message: "Invalid credentials".into() });
        let nest = json!({ "message": "Cannot POST /auth/login", "error": "Not Found", "statusCode": 404 });
        assert_eq!(parse(&typed("patient"), None, 404, &nest), Err(LoginError::NotThisBackend));
        assert_eq!(first(&json!("<html>")), Err(LoginError::NotThisBackend));
        assert_eq!(first(&json!({ "code": "LOGIN_SUCCESS" })), Err(LoginError::NotThisBackend));
        assert_eq!(parse(&typed("patient"), None, 429, &Value::Null), Err(LoginError::RateLimited));
    }
}

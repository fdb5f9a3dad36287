//! Everything that can be read, asked for with every combination of the parameters that are described.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{AccessMatrix, Principal, Route};

/// Parameters that choose a page and not what is on it.
const PAGING: [&str; 4] = ["page", "pageSize", "limit", "offset"];

/// A value of a parameter that is no choice between words.
fn value(name: &str) -> &'static str {
    match name {
        "dateFrom" | "startDate" => "2001-02-03",
        "dateTo" | "endDate" => "2101-02-03",
        "search" => "a",
        "type" => "orders",
        "postId" => "7",
        "dealerEmail" => crate::dealerdesk::DEALER,
        "technicianEmail" | "userEmail" => crate::dealerdesk::TECHNICIAN,
        "roomId" => "dealer@demo.example:technician@demo.example",
        "patientId" => "c11e1c00-0000-4000-8000-000000000003",
        _ => panic!("{name} is a new parameter: it needs a value here"),
    }
}

impl AccessMatrix {
    /// Asks for all lists, as everybody who may, and returns how many requests that were.
    pub(crate) async fn read_all_lists(&self) -> usize {
        let mut asked = 0;
        let paths = self.described().await;
        for row in self.routes.iter().filter(|row| row.method == "GET" && !row.public) {
            let parameters = &paths[row.pattern];
            for who in &row.allowed {
                for query in combinations(parameters) {
                    let status = self.read(row, *who, &query).await;
                    let refused = matches!(status, 400 | 403 | 404) && !query.is_empty();
                    assert!(status == 200 || refused, "{} {query:?} by {who:?}: {status}", row.path);
                    asked += 1;
                }
            }
        }
        asked
    }

    async fn read(&self, row: &Route, who: Principal, query: &[(String, String)]) -> u16 {
        let path = row.special.get(&who).map_or(&row.path, |(path, _)| path);
        let elsewhere = self.elsewhere.iter().find(|(prefix, _)| path.starts_with(prefix));
        let host = elsewhere.map_or(&self.host, |(_, host)| host);
        let token = row.tokens.get(&who).unwrap_or(&self.tokens[&who]);
        // What is asked for by itself in the row, too, unless it is asked for otherwise.
        let (path, own) = path.split_once('?').unwrap_or((path, ""));
        let own = own.split('&').filter_map(|pair| pair.split_once('='));
        let own = own.filter(|(name, _)| query.iter().all(|(other, _)| other != name));
        let all: Vec<_> =
            own.chain(query.iter().map(|(name, value)| (name.as_str(), value.as_str()))).collect();
        let request = self.client.get(format!("{host}{path}")).query(&all).bearer_auth(token);
        request.send().await.expect("a reply").status().as_u16()
    }

    /// Values of the query parameters of each path that can be read.
    async fn described(&self) -> BTreeMap<String, Vec<(String, Vec<String>)>> {
        let mut paths = BTreeMap::new();
        for host in std::iter::once(&self.host).chain(self.elsewhere.iter().map(|(_, host)| host)) {
            let reply = self.client.get(format!("{host}/openapi.json")).send().await.expect("a reply");
            let document: Value = reply.json().await.expect("json");
            for (path, methods) in document["paths"].as_object().expect("paths") {
                let parameters = methods["get"]["parameters"].as_array().into_iter().flatten();
                let parameters = parameters.filter(|one| one["in"] == "query").filter_map(|one| {
                    let name = one["name"].as_str().expect("a name");
                    (!PAGING.contains(&name)).then(|| (name.to_owned(), values(name, &one["schema"])))
                });
                paths.insert(path.clone(), parameters.collect());
            }
        }
        paths
    }
}

fn values(name: &str, schema: &Value) -> Vec<String> {
    match schema["enum"].as_array() {
        Some(words) => words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        None => vec![value(name).to_owned()],
    }
}

/// Every combination of the values of these, and of leaving some out.
fn combinations(parameters: &[(String, Vec<String>)]) -> Vec<Vec<(String, String)>> {
    let mut all = vec![Vec::new()];
    for (name, values) in parameters {
        let with: Vec<_> = values
            .iter()
            .flat_map(|value| {
                all.iter().map(|others: &Vec<(String, String)>| {
                    let mut others = others.clone();
                    others.push((name.clone(), value.clone()));
                    others
                })
            })
            .collect();
        all.extend(with);
    }
    all
}

//! A connection to a Redis, Valkey or Sentinel.

use std::collections::BTreeMap;

use ::redis::{
    Client, Cmd, Connection, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisError, Value,
};

use super::{Address, Failure, Identity, PATIENCE};

/// As whom to log in.
#[derive(Clone)]
pub struct Login {
    /// An ACL user; `default` if absent.
    pub user: Option<String>,
    /// Its password.
    pub password: String,
}

/// A connection to a server that speaks Redis's protocol.
pub struct RedisServer {
    connection: Connection,
}

impl RedisServer {
    /// Connects, and logs in if asked to.
    pub fn connect(address: &Address, login: Option<&Login>) -> Result<Self, Failure> {
        let mut settings = RedisConnectionInfo::default();
        if let Some(login) = login {
            settings = settings.set_password(&login.password);
            if let Some(user) = &login.user {
                settings = settings.set_username(user);
            }
        }
        let open = || {
            let info = ConnectionAddr::Tcp(address.host.clone(), address.port).into_connection_info()?;
            let client = Client::open(info.set_redis_settings(settings))?;
            let connection = client.get_connection_with_timeout(PATIENCE)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.set_write_timeout(Some(PATIENCE))?;
            Ok(connection)
        };
        Ok(RedisServer { connection: open().map_err(|error: RedisError| failure(&error))? })
    }

    /// Sends a command and waits for its answer.
    pub fn command<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<Value, Failure> {
        let mut command = Cmd::new();
        for argument in arguments {
            command.arg(argument.as_ref());
        }
        match command.query(&mut self.connection) {
            // Inside of answers, errors are values.
            Ok(Value::ServerError(error)) => {
                Err(Failure::Refused(error.details().unwrap_or(error.code()).to_owned()))
            }
            Ok(answer) => Ok(answer),
            Err(error) => Err(failure(&error)),
        }
    }

    /// As [`RedisServer::command`], for an answer of texts, however nested; numbers become texts.
    pub fn texts<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<Vec<String>, Failure> {
        let mut texts = Vec::new();
        flatten(self.command(arguments)?, &mut texts);
        Ok(texts)
    }

    /// As [`RedisServer::texts`], for an answer of names and values.
    pub fn pairs<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<BTreeMap<String, String>, Failure> {
        let mut texts = self.texts(arguments)?.into_iter();
        let mut pairs = BTreeMap::new();
        while let Some(name) = texts.next() {
            pairs.insert(name, texts.next().ok_or(Failure::Nonsense("a question for pairs"))?);
        }
        Ok(pairs)
    }

    /// All fields of INFO.
    pub fn info(&mut self) -> Result<BTreeMap<String, String>, Failure> {
        let text = self.texts(&["INFO"])?.concat();
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        Ok(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Who it is.
    pub fn identity(&mut self) -> Result<Identity, Failure> {
        Identity::of_info(&self.info()?).ok_or(Failure::Nonsense("INFO"))
    }

    /// The rows of `CONFIG GET` for a pattern, by name.
    pub fn config(&mut self, pattern: &str) -> Result<BTreeMap<String, String>, Failure> {
        self.pairs(&["CONFIG", "GET", pattern])
    }
}

fn failure(error: &RedisError) -> Failure {
    match (error.code(), error.detail()) {
        (Some("ERR"), Some(words)) => Failure::Refused(words.to_owned()),
        (Some(code), words) => Failure::Refused(format!("{code} {}", words.unwrap_or_default())),
        (None, _) => Failure::Lost(error.to_string()),
    }
}

fn flatten(value: Value, out: &mut Vec<String>) {
    match value {
        Value::Array(items) | Value::Set(items) => items.into_iter().for_each(|item| flatten(item, out)),
        Value::Map(pairs) => {
            for (name, value) in pairs {
                flatten(name, out);
                flatten(value, out);
            }
        }
        Value::BulkString(bytes) => out.push(String::from_utf8_lossy(&bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => out.push(text),
        Value::Okay => out.push("OK".to_owned()),
        Value::Int(number) => out.push(number.to_string()),
        Value::Nil => out.push(String::new()),
        // Kinds that no command of ours answers with.
        _ => {}
    }
}

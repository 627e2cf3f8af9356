//! From rows to the domain's types. A value that the program did not write is
//! an error that names its table, column and row, never a panic or a default.

use std::fmt::Display;
use std::str::FromStr;

use domain::{Timestamp, Window};
use serde::de::DeserializeOwned;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row, Type};

use crate::error::StoreError;

/// A row on its way to a value of the domain.
pub(crate) struct Fields<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    key: String,
}

impl<'r> Fields<'r> {
    /// `key` is the column that tells people which row it is.
    pub(crate) fn new(
        row: &'r SqliteRow,
        table: &'static str,
        key: &'static str,
    ) -> Result<Self, StoreError> {
        let unnamed = Self {
            row,
            table,
            key: "?".to_owned(),
        };
        let key = unnamed.get(key)?;
        Ok(Self { key, ..unnamed })
    }

    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(column).map_err(|e| self.bad(column, e))
    }

    pub(crate) fn parse<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: FromStr<Err: Display>,
    {
        self.get::<&str>(column)?
            .parse()
            .map_err(|e| self.bad(column, e))
    }

    pub(crate) fn parse_opt<T>(&self, column: &'static str) -> Result<Option<T>, StoreError>
    where
        T: FromStr<Err: Display>,
    {
        let text: Option<&str> = self.get(column)?;
        text.map(str::parse)
            .transpose()
            .map_err(|e| self.bad(column, e))
    }

    /// A set written as words with commas between them; NULL is the empty one.
    pub(crate) fn words<T, C>(&self, column: &'static str) -> Result<C, StoreError>
    where
        T: FromStr<Err: Display>,
        C: FromIterator<T>,
    {
        let text: Option<&str> = self.get(column)?;
        text.into_iter()
            .flat_map(|text| text.split(','))
            .map(str::parse)
            .collect::<Result<C, _>>()
            .map_err(|e| self.bad(column, e))
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp::from_micros)
    }

    pub(crate) fn time_opt(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_micros))
    }

    pub(crate) fn window(
        &self,
        start: &'static str,
        end: &'static str,
    ) -> Result<Window, StoreError> {
        Window::new(self.time(start)?, self.time(end)?).map_err(|e| self.bad(end, e))
    }

    /// A count that was stored as the engine's signed integer.
    pub(crate) fn count<T: TryFrom<i64, Error: Display>>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(|e| self.bad(column, e))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.get(column)?).map_err(|e| self.bad(column, e))
    }

    pub(crate) fn json_opt<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.get(column)?;
        text.map(serde_json::from_str)
            .transpose()
            .map_err(|e| self.bad(column, e))
    }

    pub(crate) fn bad(&self, column: &'static str, why: impl Display) -> StoreError {
        StoreError::Row {
            table: self.table,
            column,
            row: self.key.clone(),
            why: why.to_string(),
        }
    }
}

/// The JSON of a definition, for its column.
pub(crate) fn to_json<T: serde::Serialize>(
    value: &T,
    table: &'static str,
    row: impl Display,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Row {
        table,
        column: "definition",
        row: row.to_string(),
        why: e.to_string(),
    })
}

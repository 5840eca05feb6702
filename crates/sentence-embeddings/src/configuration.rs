//! What the folder's JSON files say of the model, and whether it is one that this crate runs.

use std::path::Path;

use candle_transformers::models::bert::{Config, HiddenAct};
use serde::Deserialize;

use crate::EncoderError;
use crate::files::{read_json, read_json_if_there, unsuitable};

/// The model's sizes, and how texts are cut for it.
pub(crate) struct Configuration {
    pub(crate) model: Config,
    /// Most word pieces of a text, the two marks at its ends among them.
    pub(crate) longest: usize,
    /// Whether `vocab.txt` is of lower-cased words; a `tokenizer.json` says so itself.
    pub(crate) lowercase: bool,
}

impl Configuration {
    pub(crate) fn open(folder: &Path) -> Result<Self, EncoderError> {
        let path = folder.join("config.json");
        let bert: Bert = read_json(&path)?;
        let model = bert.config().map_err(|reason| unsuitable(&path, reason))?;
        check_modules(&folder.join("modules.json"))?;
        check_pooling(&folder.join("1_Pooling").join("config.json"))?;
        let path = folder.join("sentence_bert_config.json");
        let sentences: Sentences = read_json_if_there(&path)?.unwrap_or_default();
        let longest = sentences.max_seq_length.unwrap_or(bert.max_position_embeddings);
        if longest < 3 || longest > bert.max_position_embeddings {
            let most = bert.max_position_embeddings;
            let reason = format!("max_seq_length is {longest}: it must be from 3 to config.json's {most}");
            return Err(unsuitable(&path, reason));
        }
        let tokens: Tokens = read_json_if_there(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
        Ok(Self { model, longest, lowercase: tokens.do_lower_case.unwrap_or(true) })
    }
}

/// Of `config.json` what inference needs.
#[derive(Deserialize)]
struct Bert {
    model_type: Option<String>,
    position_embedding_type: Option<String>,
    hidden_act: String,
    hidden_size: usize,
    intermediate_size: usize,
    layer_norm_eps: f64,
    max_position_embeddings: usize,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    type_vocab_size: usize,
    vocab_size: usize,
}

impl Bert {
    fn config(&self) -> Result<Config, String> {
        let model_type = self.model_type.as_deref().unwrap_or("bert");
        if model_type != "bert" {
            return Err(format!("its model_type is {model_type:?}, not \"bert\""));
        }
        let positions = self.position_embedding_type.as_deref().unwrap_or("absolute");
        if positions != "absolute" {
            return Err(format!("its position_embedding_type is {positions:?}, not \"absolute\""));
        }
        self.check_sizes()?;
        Ok(Config {
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            hidden_act: self.activation()?,
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: self.type_vocab_size,
            layer_norm_eps: self.layer_norm_eps,
            ..Config::default()
        })
    }

    fn activation(&self) -> Result<HiddenAct, String> {
        match self.hidden_act.as_str() {
            "gelu" => Ok(HiddenAct::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(HiddenAct::GeluApproximate),
            "relu" => Ok(HiddenAct::Relu),
            other => {
                Err(format!("its hidden_act is {other:?}: \"gelu\", \"gelu_new\" and \"relu\" are known"))
            }
        }
    }

    fn check_sizes(&self) -> Result<(), String> {
        let sizes = [
            ("hidden_size", self.hidden_size, 1),
            ("intermediate_size", self.intermediate_size, 1),
            // A word between its two marks.
            ("max_position_embeddings", self.max_position_embeddings, 3),
            ("num_attention_heads", self.num_attention_heads, 1),
            ("num_hidden_layers", self.num_hidden_layers, 1),
            ("type_vocab_size", self.type_vocab_size, 1),
            ("vocab_size", self.vocab_size, 1),
        ];
        if let Some((name, size, least)) = sizes.into_iter().find(|&(_, size, least)| size < least) {
            return Err(format!("its {name} is {size}: it must be at least {least}"));
        }
        let (width, heads) = (self.hidden_size, self.num_attention_heads);
        if !width.is_multiple_of(heads) {
            return Err(format!("its hidden_size, {width}, is no multiple of num_attention_heads, {heads}"));
        }
        let epsilon = self.layer_norm_eps;
        if !(0.0..1.0).contains(&epsilon) {
            return Err(format!("its layer_norm_eps is {epsilon}: it must be from 0 to 1"));
        }
        Ok(())
    }
}

/// Of `sentence_bert_config.json` what counts.
#[derive(Default, Deserialize)]
struct Sentences {
    max_seq_length: Option<usize>,
}

/// Of `tokenizer_config.json` what counts.
#[derive(Default, Deserialize)]
struct Tokens {
    do_lower_case: Option<bool>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

/// A model with further layers after its pooling would give other vectors.
fn check_modules(path: &Path) -> Result<(), EncoderError> {
    let modules: Vec<Module> = read_json_if_there(path)?.unwrap_or_default();
    let name = |module: &Module| module.kind.rsplit('.').next().unwrap_or_default().to_owned();
    let known = ["Transformer", "Pooling", "Normalize"];
    match modules.iter().map(name).find(|name| !known.contains(&name.as_str())) {
        Some(other) => Err(unsuitable(path, format!("the model has a module {other:?}, which is not known"))),
        None => Ok(()),
    }
}

#[derive(Deserialize)]
struct Pooling {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
}

fn check_pooling(path: &Path) -> Result<(), EncoderError> {
    let Some(pooling) = read_json_if_there::<Pooling>(path)? else { return Ok(()) };
    let others = pooling.pooling_mode_cls_token
        || pooling.pooling_mode_max_tokens
        || pooling.pooling_mode_mean_sqrt_len_tokens
        || pooling.pooling_mode_weightedmean_tokens
        || pooling.pooling_mode_lasttoken;
    if others || !pooling.pooling_mode_mean_tokens {
        return Err(unsuitable(path, "the model pools in another way than by the mean of a text's tokens"));
    }
    Ok(())
}

//! Captions: the reference's, token by token, whatever the batch.

use candle_core::{Device, Tensor};
use serde::Deserialize;
use tagger::generation::{
    Caption, CaptionTags, Captioner, GenerationConfig, GenerationError, Search, TagThresholds,
};
use tagger::model::Tag2Text;
use tagger::nn::{Context, Fill, Initialisation, Parameters, SafetensorsFile};
use tagger::preprocessing::TextTokenizer;

use crate::goldens::{file, json, loaded};
use crate::support::{batch, padded_mask, random_f32, random_ids, read, reference, smallest_config};

const BIAS: &str = "text_decoder.cls.predictions.bias";

#[derive(Deserialize)]
struct Golden {
    image: usize,
    user_tags: Option<Vec<String>>,
    eos_bias_added: Option<f32>,
    min_length: usize,
    max_length: usize,
    num_beams: usize,
    caption: String,
    tags: String,
    seq: Vec<u32>,
    score: Option<f32>,
    prompt_ids: Vec<u32>,
}

#[derive(Deserialize)]
struct GoldenBatch {
    captions: Vec<String>,
    min_length: usize,
    max_length: usize,
    num_beams: usize,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Case {
    One(Golden),
    Batch(GoldenBatch),
}

impl Golden {
    fn config(&self) -> GenerationConfig {
        config(self.num_beams, self.min_length, self.max_length)
    }

    fn check(&self, found: &Caption) -> f32 {
        assert_eq!(found.tags, self.tags);
        assert_eq!(found.generated.ids, self.seq, "image {}, {:?}", self.image, self.config());
        assert_eq!(found.text, self.caption);
        assert_eq!(found.generated.score.is_some(), self.score.is_some());
        found.generated.score.unwrap_or(0.0) - self.score.unwrap_or(0.0)
    }
}

fn config(beams: usize, min_length: usize, max_length: usize) -> GenerationConfig {
    GenerationConfig { search: Search::Beam { beams }, min_length, max_length, repetition_penalty: 1.0 }
}

/// The reference's model with all that goes with it.
struct Reference {
    parameters: Parameters,
    model: Tag2Text,
    tokenizer: TextTokenizer,
    tags: Vec<String>,
    thresholds: TagThresholds,
    /// (3, N, D).
    images: Tensor,
    cases: Vec<Case>,
}

impl Reference {
    fn open(kind: &str) -> Option<Self> {
        let folder = reference("tiny")?;
        let (parameters, model) = loaded(&folder, kind);
        let io: SafetensorsFile = file(&folder, &format!("{kind}_io.safetensors"));
        let images = model.encode_image(&read(&io, "in.image"), &Context::inference()).unwrap();
        let tags = std::fs::read_to_string(folder.join("tag_list.txt")).unwrap();
        Some(Self {
            parameters,
            model,
            tokenizer: TextTokenizer::from_file(&folder.join("tokenizer/vocab.txt")).unwrap(),
            tags: tags.lines().map(str::to_owned).collect(),
            thresholds: TagThresholds {
                default: 0.68,
                exceptions: [1, 2, 3].map(|tag| (tag, 0.7)).into(),
                deleted: [0, 17, 18].into(),
            },
            images,
            cases: serde_json::from_value(json(&folder, &format!("{kind}_generate.json"))).unwrap(),
        })
    }

    fn captions(&self, images: &Tensor, tags: CaptionTags<'_>, config: &GenerationConfig) -> Vec<Caption> {
        let captioner = Captioner::new(&self.model, &self.tokenizer, &self.tags, &self.thresholds).unwrap();
        captioner.caption(images, tags, config, &Context::inference()).unwrap()
    }

    /// Makes `[SEP]` more likely than the file does.
    fn add_to_end(&self, original: &[f32], added: f32) {
        let mut bias = original.to_vec();
        bias[self.tokenizer.special().sep as usize] += added;
        let bias = Tensor::from_vec(bias, original.len(), &Device::Cpu).unwrap();
        self.parameters.set(BIAS, &bias).unwrap();
    }

    fn bias(&self) -> Vec<f32> {
        self.parameters.get(BIAS).unwrap().to_vec1().unwrap()
    }
}

#[test]
fn every_search_gives_the_references_tokens() {
    for kind in ["swin", "vit"] {
        let Some(reference) = Reference::open(kind) else { return };
        let original = reference.bias();
        let (mut searches, mut worst) = (0, 0f32);
        for case in &reference.cases {
            match case {
                Case::One(golden) => {
                    reference.add_to_end(&original, golden.eos_bias_added.unwrap_or(0.0));
                    assert_eq!(reference.tokenizer.prompt_ids().unwrap(), golden.prompt_ids);
                    let image = reference.images.narrow(0, golden.image, 1).unwrap();
                    let tags = golden.user_tags.as_deref().map_or(CaptionTags::Predicted, CaptionTags::Texts);
                    let found = reference.captions(&image, tags, &golden.config());
                    worst = worst.max(golden.check(&found[0]).abs());
                }
                Case::Batch(golden) => {
                    reference.add_to_end(&original, 0.0);
                    let config = config(golden.num_beams, golden.min_length, golden.max_length);
                    let found = reference.captions(&reference.images, CaptionTags::Predicted, &config);
                    let texts: Vec<String> = found.into_iter().map(|caption| caption.text).collect();
                    assert_eq!(texts, golden.captions);
                }
            }
            searches += 1;
        }
        println!("{kind}: {searches} searches, largest deviation of a score {worst:.1e}");
        assert_eq!(searches, 79);
        assert!(worst <= 2e-5, "{kind}: {worst}");
    }
}

/// Those of the reference's images that end early and late together.
#[test]
fn a_batch_gives_what_its_images_give_alone() {
    for kind in ["swin", "vit"] {
        let Some(reference) = Reference::open(kind) else { return };
        let original = reference.bias();
        let goldens: Vec<&Golden> = reference
            .cases
            .iter()
            .filter_map(|case| match case {
                Case::One(golden) if golden.user_tags.is_none() => Some(golden),
                _ => None,
            })
            .collect();
        for first in goldens.iter().filter(|golden| golden.image == 0) {
            let same = |golden: &&&Golden| {
                (golden.eos_bias_added, golden.config()) == (first.eos_bias_added, first.config())
            };
            reference.add_to_end(&original, first.eos_bias_added.unwrap_or(0.0));
            let found = reference.captions(&reference.images, CaptionTags::Predicted, &first.config());
            let same: Vec<_> = goldens.iter().filter(same).collect();
            assert_eq!(same.len(), 3);
            for golden in same {
                assert!(golden.check(&found[golden.image]).abs() <= 2e-5);
            }
        }
        for config in
            [GenerationConfig::nucleus(7), GenerationConfig { repetition_penalty: 1.5, ..first_of(&goldens) }]
        {
            let together = reference.captions(&reference.images, CaptionTags::Predicted, &config);
            for (image, caption) in together.iter().enumerate() {
                let image = reference.images.narrow(0, image, 1).unwrap();
                let alone = reference.captions(&image, CaptionTags::Predicted, &config);
                assert_eq!(
                    (&alone[0].text, &alone[0].generated.ids),
                    (&caption.text, &caption.generated.ids)
                );
            }
        }
    }
}

fn first_of(goldens: &[&Golden]) -> GenerationConfig {
    goldens[0].config()
}

#[test]
fn given_tags_are_ids_or_texts() {
    let Some(reference) = Reference::open("vit") else { return };
    let images = reference.images.narrow(0, 0, 2).unwrap();
    let config = GenerationConfig::coco();
    let texts = ["cat | dog".to_owned(), "train | train".to_owned()];
    let by_text = reference.captions(&images, CaptionTags::Texts(&texts), &config);
    // Both kinds of train, in any order, repeated or not.
    let ids = [vec![5, 4], vec![11, 10, 11]];
    assert_eq!(reference.captions(&images, CaptionTags::Ids(&ids), &config), by_text);

    let captioner =
        Captioner::new(&reference.model, &reference.tokenizer, &reference.tags, &reference.thresholds)
            .unwrap();
    let caption = |tags| captioner.caption(&images, tags, &config, &Context::inference());
    let unknown = [vec![37], vec![]];
    let error = caption(CaptionTags::Ids(&unknown)).unwrap_err().to_string();
    assert_eq!(error, "there is no tag 37; the model has the tags 0 to 36");
    let error = caption(CaptionTags::Texts(&texts[..1])).unwrap_err().to_string();
    assert_eq!(error, "tags: 1 for 2 images; give one for each");

    let error = |tags: &[String], thresholds| {
        Captioner::new(&reference.model, &reference.tokenizer, tags, thresholds).unwrap_err().to_string()
    };
    assert!(error(&reference.tags[1..], &reference.thresholds).contains("37 tags, their list 36"));
    // The release's exceptions belong to the release's list.
    let published = TagThresholds::published();
    assert!(error(&reference.tags, &published).contains("there is no tag"));
    let thresholds = TagThresholds { default: 68.0, ..TagThresholds::default() };
    assert!(error(&reference.tags, &thresholds).contains("from 0 to 1"));
}

fn smallest() -> (Parameters, Tag2Text) {
    let config = smallest_config("vit");
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let model = Tag2Text::new(&config, &parameters.root()).unwrap();
    parameters.fill_by_rule(|name, dims| Some(Fill::reference(name, dims))).unwrap();
    (parameters, model)
}

fn generate(
    model: &Tag2Text,
    images: usize,
    config: GenerationConfig,
) -> Result<Vec<Vec<u32>>, GenerationError> {
    let context = Context::inference();
    let image = model.encode_image(&batch(model.config(), 4).images, &context)?;
    let (ids, mask) = (random_ids(&[4, 7], 19, 5), padded_mask(4, 7));
    let [image, ids, mask] = [image, ids, mask].map(|tensor| tensor.narrow(0, 0, images).unwrap());
    let generated = model.generate(&image, &ids, &mask, &[17, 3], &config, &context)?;
    Ok(generated.into_iter().map(|generated| generated.ids).collect())
}

#[test]
fn sampling_repeats_from_its_seed_and_differs_among_seeds() {
    let (_, model) = smallest();
    let sample = |images, seed| {
        let config = GenerationConfig { min_length: 4, max_length: 9, ..GenerationConfig::nucleus(seed) };
        generate(&model, images, config).unwrap()
    };
    assert_eq!(sample(4, 1), sample(4, 1));
    assert_eq!(sample(4, 1)[..2], sample(2, 1));
    let texts: std::collections::BTreeSet<_> = (0..20).flat_map(|seed| sample(4, seed)).collect();
    assert!(texts.len() > 20, "{}", texts.len());
    for text in texts {
        assert_eq!(text[..2], [17, 3]);
        let end = text.iter().position(|&token| token == 2);
        assert!(end.is_none_or(|end| end >= 4 && end == text.len() - 1), "{text:?}");
        assert!(end.is_some() || text.len() == 9, "{text:?}");
    }
}

/// Greedy search is one beam, is sampling from one token, and never chooses below the maximum.
#[test]
fn greedy_is_the_limit_of_the_others() {
    let (_, model) = smallest();
    let of = |search| {
        generate(
            &model,
            4,
            GenerationConfig { search, min_length: 3, max_length: 9, repetition_penalty: 1.3 },
        )
        .unwrap()
    };
    let greedy = of(Search::Greedy);
    assert_eq!(greedy, of(Search::Beam { beams: 1 }));
    assert_eq!(greedy, of(Search::Nucleus { top_p: 1.0, top_k: Some(1), seed: 3 }));
    assert_eq!(greedy, of(Search::Nucleus { top_p: 1e-9, top_k: None, seed: 3 }));
}

#[test]
fn contradictions_and_broken_parameters_are_told() {
    let (parameters, model) = smallest();
    let ok = GenerationConfig { min_length: 4, max_length: 9, ..GenerationConfig::default() };
    let error = |config| generate(&model, 2, config).unwrap_err().to_string();
    let message = error(GenerationConfig { max_length: 10, ..ok });
    assert_eq!(
        message,
        "the settings of generation: max_length 10 must be more than the prompt's 2 tokens and at most 9"
    );
    assert!(error(GenerationConfig { max_length: 2, min_length: 0, ..ok }).contains("max_length 2"));
    assert!(error(GenerationConfig { min_length: 10, ..ok }).contains("min_length 10"));
    assert!(error(GenerationConfig { repetition_penalty: 0.0, ..ok }).contains("repetition_penalty"));
    assert!(error(GenerationConfig { search: Search::Beam { beams: 0 }, ..ok }).contains("beam"));
    let nucleus = |top_p, top_k| Search::Nucleus { top_p, top_k, seed: 0 };
    assert!(error(GenerationConfig { search: nucleus(0.0, None), ..ok }).contains("top_p"));
    assert!(error(GenerationConfig { search: nucleus(0.5, Some(0)), ..ok }).contains("top_k"));

    // More beams than there are tokens, and yet a text.
    let many = GenerationConfig { search: Search::Beam { beams: 30 }, ..ok };
    assert_eq!(generate(&model, 2, many).unwrap().len(), 2);

    parameters.set(BIAS, &(random_f32(&[19], 1) * f64::NAN).unwrap()).unwrap();
    assert!(error(ok).contains("not a number"));
}

//! The full sizes, without filling their memory.

use candle_core::Device;
use tagger::model::{ImageEncoderConfig, SwinConfig, Tag2Text, Tag2TextConfig};
use tagger::nn::{Initialisation, Parameters};

fn parameters(config: &Tag2TextConfig) -> Parameters {
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    Tag2Text::new(config, &parameters.root()).unwrap();
    parameters
}

fn count(parameters: &Parameters, module: &str) -> usize {
    let variables = parameters.variables();
    variables.iter().filter(|(name, _)| name.starts_with(module)).map(|(_, var)| var.elem_count()).sum()
}

#[test]
fn full_models_have_the_published_number_of_parameters() {
    let swin = parameters(&Tag2TextConfig::swin_b(384, 3429));
    let modules = ["visual_encoder.", "tag_encoder.", "text_decoder.", "label_embed.", "fc."];
    let counts = modules.map(|module| count(&swin, module));
    assert_eq!(counts, [86_878_584, 141_977_088, 137_881_148, 2_633_472, 2_636_901]);
    assert_eq!(swin.count(), 372_007_193);
    assert_eq!(parameters(&Tag2TextConfig::swin_b(224, 3429)).count(), 371_871_833);

    let vit = parameters(&Tag2TextConfig::vit_b(224, 3429));
    assert_eq!((vit.count(), count(&vit, "visual_encoder.")), (366_208_673, 85_798_656));
    assert_eq!(parameters(&Tag2TextConfig::vit_b(384, 3429)).count(), 366_500_513);
}

#[test]
fn sizes_that_fit_no_model_are_told() {
    let told = |config: &Tag2TextConfig| config.validate().unwrap_err().to_string();
    let base = Tag2TextConfig::swin_b(384, 3429);
    let swin = |change: fn(&mut SwinConfig)| {
        let mut swin = SwinConfig::base(384);
        change(&mut swin);
        told(&Tag2TextConfig { image: ImageEncoderConfig::Swin(swin), ..base.clone() })
    };
    assert!(swin(|swin| swin.image_size = 385).contains("385"));
    assert!(swin(|swin| swin.window_size = 11).contains("windows of 11"));
    assert!(swin(|swin| swin.heads = vec![4]).contains("numbers of heads"));
    assert!(swin(|swin| swin.heads[0] = 3).contains("3 heads"));
    assert!(told(&Tag2TextConfig { tags: 0, ..base.clone() }).contains("a tag"));
    assert!(told(&Tag2TextConfig { tag_tokens: 600, ..base.clone() }).contains("512 positions"));
    let mut many = base;
    many.tagging.layers = 13;
    assert!(told(&many).contains("13 layers"));
}

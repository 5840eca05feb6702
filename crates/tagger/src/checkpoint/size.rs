//! How large a model would be, before memory is asked for it: a damaged configuration must not
//! bring the process down.

use crate::model::{AlignmentConfig, ImageEncoderConfig, Tag2TextConfig};

/// What a model may take besides its parameters: the masks of shifted windows, in numbers.
const MOST_MASKS: u128 = 1 << 30;

/// Checks that a model of these sizes can lie in a file of `bytes`, and needs no absurd masks.
pub(super) fn check(
    config: &Tag2TextConfig,
    alignment: Option<&AlignmentConfig>,
    bytes: u64,
) -> Result<(), String> {
    let widths = (config.image.width() as u128).saturating_add(config.text.hidden_size as u128);
    let features = alignment.map_or(0, |alignment| product(&[alignment.features as u128, widths]));
    let least = least_parameters(config).saturating_add(features).saturating_mul(size_of::<f32>() as u128);
    if least > u128::from(bytes) {
        return Err(format!(
            "the configuration is of a model of at least {least} bytes, the file has {bytes}"
        ));
    }
    let masks = window_masks(&config.image);
    if masks > MOST_MASKS {
        return Err(format!("the configuration's windows need masks of {masks} numbers"));
    }
    Ok(())
}

/// The large matrices alone.
fn least_parameters(config: &Tag2TextConfig) -> u128 {
    let text = &config.text;
    let (width, inner) = (text.hidden_size as u128, text.intermediate_size as u128);
    let layer = product(&[width, width, 4]).saturating_add(product(&[width, inner, 2]));
    [
        image_parameters(&config.image),
        product(&[config.tags as u128, width, 2]),
        product(&[text.vocabulary as u128, width, 2]),
        product(&[text.positions as u128, width, 2]),
        product(&[text.layers as u128, layer, 2]),
    ]
    .into_iter()
    .fold(0, u128::saturating_add)
}

fn image_parameters(config: &ImageEncoderConfig) -> u128 {
    let blocks = |depth: usize, width: usize| product(&[depth as u128, 12, width as u128, width as u128]);
    match config {
        ImageEncoderConfig::Vit(vit) => {
            let side = (vit.image_size / vit.patch_size.max(1)) as u128;
            let patches = product(&[3, vit.patch_size as u128, vit.patch_size as u128, vit.width as u128]);
            let positions = product(&[side, side, vit.width as u128]);
            blocks(vit.depth, vit.width).saturating_add(patches).saturating_add(positions)
        }
        ImageEncoderConfig::Swin(swin) => {
            let patches =
                product(&[3, swin.patch_size as u128, swin.patch_size as u128, swin.embed_dim as u128]);
            let stages = swin.depths.iter().enumerate();
            stages.fold(patches, |sum, (stage, &depth)| sum.saturating_add(blocks(depth, swin.width(stage))))
        }
    }
}

/// Numbers in a mask and an index of each block.
fn window_masks(config: &ImageEncoderConfig) -> u128 {
    let ImageEncoderConfig::Swin(swin) = config else { return 0 };
    let blocks = swin.depths.iter().enumerate().map(|(stage, &depth)| {
        let side = swin.resolution(stage) as u128;
        let window = side.min(swin.window_size as u128);
        let heads = swin.heads.get(stage).copied().unwrap_or(1) as u128;
        product(&[depth as u128, side.saturating_mul(side).saturating_add(heads), window, window])
    });
    blocks.fold(0, u128::saturating_add)
}

fn product(factors: &[u128]) -> u128 {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor))
}

#[cfg(test)]
mod tests {
    use super::{check, least_parameters};
    use crate::model::{ImageEncoderConfig, Tag2TextConfig};

    #[test]
    fn published_sizes_pass_and_absurd_ones_do_not() {
        for config in [Tag2TextConfig::swin_b(384, 3429), Tag2TextConfig::vit_b(384, 3429)] {
            // Of 372 and 366.5 million.
            let least = least_parameters(&config);
            assert!((300_000_000..366_000_000).contains(&least), "{least}");
            assert_eq!(check(&config, None, 1 << 31), Ok(()));
            assert!(check(&config, None, 1 << 30).is_err());
        }
        let mut config = Tag2TextConfig::swin_b(384, 3429);
        config.text.hidden_size = usize::MAX;
        assert!(check(&config, None, u64::MAX).is_err());
        let mut config = Tag2TextConfig::swin_b(384, 3429);
        if let ImageEncoderConfig::Swin(swin) = &mut config.image {
            (swin.image_size, swin.window_size) = (1 << 20, 1 << 10);
        }
        assert!(check(&config, None, u64::MAX).unwrap_err().contains("masks"));
    }
}

namespace Foof

open TorchSharp

/// Inverses for a layer whose matrix no attempt could invert.
[<RequireQualifiedAccess>]
module internal Fallback =

    /// That of the same structure with nothing but diagonals, which any attempt can invert.
    let ofDiagonal (recipe: Recipe) (damping: float) curvature =
        let diagonal side =
            match Side.written side with
            | Side.Full M -> Side.Diagonal(torch.diagonal (M, 0L, 1L, 2L))
            | other -> other

        let diagonals =
            match curvature with
            | Curvature.Kronecker(E, A) -> Curvature.Kronecker(diagonal E, diagonal A)
            | other -> Curvature.Diagonal(Curvature.diagonal other)

        Factored.attempt Factorization.attempts recipe.Rule recipe.Power ignore damping diagonals
        |> ValueOption.ofOption

    /// 1/lambda on every weight of some layers.
    let identity (damping: float) (layers: Layer array) =
        let ofLayer (layer: Layer) =
            let p = float (Layer.outputs layer * Layer.inputs layer)

            Factored.Structured(
                Curvature.Kronecker(
                    // One group that stands for all of them.
                    Side.Identity(Layer.outputs layer, 1.0), Side.Identity(Layer.inputs layer, 1.0 / damping)
                ),
                torch.full ([||], p * log damping, dtype = layer.Weight.dtype, device = layer.Weight.device)
            )

        match layers with
        | [| layer |] -> ofLayer layer
        | _ -> Factored.Blocks(Array.map ofLayer layers)

    /// What to raise where there is none.
    let failure (recipe: Recipe) (damping: float) (layers: Layer array) =
        let subject =
            match layers with
            | [| layer |] -> Layer.describe layer
            | _ -> $"the curvature of {layers.Length} layers"

        NumericalFailure(
            $"the curvature of '{recipe.Name}' + {damping} I could not be inverted by any attempt",
            subject,
            "check the inputs for NaN or raise the damping"
        )

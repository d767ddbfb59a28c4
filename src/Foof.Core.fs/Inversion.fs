namespace Foof

open TorchSharp

/// How a recipe's curvature is inverted: what of a batch goes into it, which attempts are made, and in which type the
/// inverse is kept.
[<RequireQualifiedAccess>]
module internal Inversion =

    /// The columns of a low-rank curvature of some layers; copies, since the next batch may overwrite this one's memory.
    let columns (members: int array) (seen: Observation voption array) =
        let factor l =
            match seen[l] with
            | ValueSome {
                            Activations = ValueSome A
                            Errors = ValueSome E
                        } -> Some(LayerFactor.Product(Activations.map _.clone() A, E.alias ()))
            | _ -> None

        let factors = members |> Array.map factor

        if Array.forall Option.isSome factors then
            Some {
                Layers = Array.map Option.get factors
                Weight = seen[members[0]].Value.Weight
            }
        else
            None

    /// The inverse in the type of the recipe's products.
    let inProductType (recipe: Recipe) factored =
        match recipe.ProductType, factored with
        | ValueSome kind, Factored.Structured(Curvature.Kronecker(E, A), logDet) ->
            Factored.Structured(Curvature.Kronecker(Side.ofType kind E, Side.ofType kind A), logDet)
        | _ -> factored

    /// The recipe's attempts, behind one that only solves where few rows are multiplied before the next inversion: the
    /// inverse written out takes 2/3 d^3 products more, and saves about half of the time of solving for a row.
    let attempts (recipe: Recipe) (layer: Layer) (seen: Observation voption) =
        let isForFew A =
            let d_in = Layer.inputs layer

            let rows =
                min (Activations.dataPoints A * Activations.positions A) (Layer.outputs layer)

            // Small inverses take no time worth naming.
            d_in >= Blockwise.Smallest
            && 2L * int64 recipe.Cadence.InvertEvery * rows < d_in

        match seen with
        | ValueSome { Activations = ValueSome A } when recipe.ProductType.IsNone && isForFew A ->
            {
                recipe.Attempts.Head with
                    Route = Route.Solve
            }
            :: recipe.Attempts
        | _ -> recipe.Attempts

namespace Foof

open System.Collections.Generic
open System.Text.Json.Nodes
open TorchSharp

/// Posteriors as a JSON text that names tensors, and back to the same bits: for files.
[<RequireQualifiedAccess>]
module PosteriorFormat =

    let private numbers (values: float array) : JsonNode =
        values |> Array.map (fun value -> JsonValue.Create value :> JsonNode) |> FactorFormat.arrayOf

    let private text (value: string) : JsonNode = JsonValue.Create value

    let private ofPart tensors (path: string) part : JsonNode =
        let curvature found = "curvature", text (CurvatureFormat.describe tensors $"{path}.curvature" found)
        let kept name tensor = name, text ((Written tensors).Keep $"{path}.{name}" tensor)
        match part with
        | PrecisionPart.LowRank(U, relative, V, kappa) ->
            FactorFormat.objectOf "low rank" [
                curvature (Curvature.LowRank U)
                "relative", numbers relative
                kept "V" V
                kept "kappa" kappa
            ]
        | PrecisionPart.Basis(Q_E, Q_A, S) ->
            FactorFormat.objectOf "basis" [ curvature (Curvature.Eigenbasis(Q_E, Q_A, S)) ]
        | PrecisionPart.Dense(Q, kappa, shapes) ->
            FactorFormat.objectOf "dense" [ curvature (Curvature.Dense(Q, shapes)); kept "kappa" kappa ]

    let private toPart (tensors: IReadOnlyDictionary<string, torch.Tensor>) (node: JsonNode) =
        let find name =
            match tensors.TryGetValue name with
            | true, tensor -> tensor
            | _ -> FactorFormat.refuse $"name tensors that are there, and '{name}' is not"

        let curvature =
            FactorFormat.entry "curvature" node |> FactorFormat.value<string> |> CurvatureFormat.read tensors

        let relative () =
            FactorFormat.entry "relative" node |> FactorFormat.items |> Array.map FactorFormat.value<float>

        let tensor name shape =
            let found = FactorFormat.tensor find name node
            Require.like name shape found.dtype found

        match FactorFormat.kind node, curvature with
        | "low rank", Curvature.LowRank U ->
            let m, relative = FisherFactor.columns U, relative ()

            if relative.Length <> U.Shapes.Length then
                FactorFormat.refuse $"hold {U.Shapes.Length} relative precisions"

            PrecisionPart.LowRank(U, relative, tensor "V" [| m; m |], tensor "kappa" [| m |])
        | "basis", Curvature.Eigenbasis(Q_E, Q_A, S) -> PrecisionPart.Basis(Q_E, Q_A, S)
        | "dense", Curvature.Dense(Q, shapes) -> PrecisionPart.Dense(Q, tensor "kappa" [| Q.size 0 |], shapes)
        | kind, _ -> FactorFormat.refuse $"know precisions of kind '{kind}'"

    /// A posterior's description; its tensors, which stay its own, are added to `tensors`.
    /// Raises an ArgumentException when a name is taken.
    let describe (tensors: IDictionary<string, torch.Tensor>) (posterior: Posterior) =
        let vector name (x: torch.Tensor array) =
            x |> Array.mapi (fun l x -> text ((Written tensors).Keep $"{name}.{l}" x)) |> FactorFormat.arrayOf

        let parts = posterior.Data.Parts |> Array.mapi (fun i part -> ofPart tensors $"part.{i}" part)

        (FactorFormat.objectOf "posterior" [
            "mean", vector "mean" posterior.Mean
            "prior_mean", vector "prior_mean" posterior.Prior.Mean
            "precision", numbers posterior.Prior.Precision
            "temperature", JsonValue.Create posterior.Temperature
            "parts", FactorFormat.arrayOf parts
        ])
            .ToJsonString()

    /// The posterior of a description, over tensors that it shares with `tensors`; they must outlive it.
    /// Raises an ArgumentException when the text is no description, a tensor is missing, or the shapes of weights or of
    /// a factor's columns do not fit, and a NumericalFailure when weights are not finite.
    let read (tensors: IReadOnlyDictionary<string, torch.Tensor>) (description: string) =
        let node =
            try
                JsonNode.Parse description
            with :? System.Text.Json.JsonException ->
                FactorFormat.refuse "be JSON"

        let vector name =
            FactorFormat.entry name node
            |> FactorFormat.items
            |> Array.map (fun item ->
                match tensors.TryGetValue(FactorFormat.value<string> item) with
                | true, tensor -> tensor
                | _ -> FactorFormat.refuse $"name the tensors of '{name}'")

        let precision = FactorFormat.entry "precision" node |> FactorFormat.items |> Array.map FactorFormat.value<float>
        let parts = FactorFormat.entry "parts" node |> FactorFormat.items |> Array.map (toPart tensors)
        let prior = Prior.perLayer precision |> Prior.withMean (vector "prior_mean")
        Posterior.make (vector "mean") { Parts = parts } prior
        |> Posterior.withTemperature (FactorFormat.value<float>(FactorFormat.entry "temperature" node))

namespace Foof

open System.Collections.Generic
open System.Text.Json.Nodes
open TorchSharp

/// Structured curvature as a JSON text that names tensors, and back to the same bits: for files.
[<RequireQualifiedAccess>]
module CurvatureFormat =

    let private ofSide (written: Written) (path: string) (side: Side) : JsonNode =
        let kept kind tensor =
            FactorFormat.objectOf kind [ "tensor", JsonValue.Create(written.Keep path tensor) ]

        match side with
        | Side.Identity(size, c) ->
            FactorFormat.objectOf "identity" [ "size", JsonValue.Create size; "c", JsonValue.Create c ]
        | Side.Diagonal d -> kept "diagonal" d
        | Side.Full M -> kept "full" M
        | Side.Inverse L -> kept "inverse" L

    let private toSide (find: string -> torch.Tensor) (node: JsonNode) : Side =
        let tensor dimensions =
            let found = FactorFormat.tensor find "tensor" node

            if found.dim () <> dimensions then
                FactorFormat.refuse $"name a side of {dimensions} dimensions"

            found

        match FactorFormat.kind node with
        | "identity" ->
            Side.Identity(
                FactorFormat.value (FactorFormat.entry "size" node),
                FactorFormat.value (FactorFormat.entry "c" node)
            )
        | "diagonal" -> Side.Diagonal(tensor 2L)
        | "full" -> Side.Full(tensor 3L)
        | "inverse" -> Side.Inverse(tensor 3L)
        | other -> FactorFormat.refuse $"know sides of kind '{other}'"

    let private ofVector (written: Written) (path: string) (x: torch.Tensor array) : JsonNode =
        x
        |> Array.mapi (fun l x -> JsonValue.Create(written.Keep $"{path}.{l}" x) :> JsonNode)
        |> FactorFormat.arrayOf

    let private toVector (find: string -> torch.Tensor) (node: JsonNode) =
        FactorFormat.items node |> Array.map (FactorFormat.value >> find)

    let rec private ofCurvature (written: Written) (path: string) curvature : JsonNode =
        let tensor name (x: torch.Tensor) : string * JsonNode =
            name, JsonValue.Create(written.Keep $"{path}.{name}" x)

        let several kind parts =
            let nodes =
                parts |> Array.mapi (fun i part -> ofCurvature written $"{path}.{i}" part)

            FactorFormat.objectOf kind [ "parts", FactorFormat.arrayOf nodes ]

        match curvature with
        | Curvature.Dense(F, shapes) ->
            let shape (sizes: int64 array) =
                sizes
                |> Seq.map (fun size -> JsonValue.Create size :> JsonNode)
                |> FactorFormat.arrayOf

            FactorFormat.objectOf "dense" [
                tensor "F" F
                "shapes", shapes |> Seq.map shape |> FactorFormat.arrayOf
            ]
        | Curvature.Diagonal D -> FactorFormat.objectOf "diagonal" [ "D", ofVector written $"{path}.D" D ]
        | Curvature.Units F -> FactorFormat.objectOf "units" [ tensor "F" F ]
        | Curvature.Kronecker(E, A) ->
            FactorFormat.objectOf "kronecker" [
                "E", ofSide written $"{path}.E" E
                "A", ofSide written $"{path}.A" A
            ]
        | Curvature.Eigenbasis(Q_E, Q_A, S) ->
            FactorFormat.objectOf "eigenbasis" [
                "Q_E", ofSide written $"{path}.Q_E" Q_E
                "Q_A", ofSide written $"{path}.Q_A" Q_A
                tensor "S" S
            ]
        | Curvature.LowRank G ->
            FactorFormat.objectOf "low rank" [ "G", FactorFormat.describe written $"{path}.G" G ]
        | Curvature.LowRankPlusDiagonal(G, D) ->
            FactorFormat.objectOf "low rank plus diagonal" [
                "G", FactorFormat.describe written $"{path}.G" G
                "D", ofVector written $"{path}.D" D
            ]
        | Curvature.Blocks parts -> several "blocks" parts
        | Curvature.Sum terms -> several "sum" terms

    let rec private toCurvature (find: string -> torch.Tensor) (node: JsonNode) : Curvature =
        let entry name = FactorFormat.entry name node
        let tensor name = FactorFormat.tensor find name node

        let parts () =
            FactorFormat.items (entry "parts") |> Array.map (toCurvature find)

        match FactorFormat.kind node with
        | "dense" ->
            let shape node =
                FactorFormat.items node |> Array.map FactorFormat.value<int64>

            Curvature.Dense(tensor "F", FactorFormat.items (entry "shapes") |> Array.map shape)
        | "diagonal" -> Curvature.Diagonal(toVector find (entry "D"))
        | "units" -> Curvature.Units(tensor "F")
        | "kronecker" -> Curvature.Kronecker(toSide find (entry "E"), toSide find (entry "A"))
        | "eigenbasis" ->
            Curvature.Eigenbasis(toSide find (entry "Q_E"), toSide find (entry "Q_A"), tensor "S")
        | "low rank" -> Curvature.LowRank(FactorFormat.read find (entry "G"))
        | "low rank plus diagonal" ->
            Curvature.LowRankPlusDiagonal(FactorFormat.read find (entry "G"), toVector find (entry "D"))
        | "blocks" -> Curvature.Blocks(parts ())
        | "sum" -> Curvature.Sum(parts ())
        | other -> FactorFormat.refuse $"know curvature of kind '{other}'"

    /// A curvature's description; its tensors, which stay its own, are added to `tensors` under names that
    /// begin with `path`. Raises an ArgumentException when a name is taken.
    let describe (tensors: IDictionary<string, torch.Tensor>) (path: string) curvature =
        (ofCurvature (Written tensors) path curvature).ToJsonString()

    /// The curvature of a description, over tensors that it shares with `tensors`.
    ///
    /// Raises an ArgumentException when the text is no description, a tensor is missing or their shapes do
    /// not fit one another.
    let read (tensors: IReadOnlyDictionary<string, torch.Tensor>) (description: string) =
        let find name =
            match tensors.TryGetValue name with
            | true, tensor -> tensor
            | _ -> FactorFormat.refuse $"name tensors that are there, and '{name}' is not"

        let parsed =
            try
                JsonNode.Parse description
            with :? System.Text.Json.JsonException ->
                FactorFormat.refuse "be JSON"

        toCurvature find parsed

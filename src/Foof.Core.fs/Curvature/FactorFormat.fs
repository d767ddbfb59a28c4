namespace Foof

open System.Collections.Generic
open System.Text.Json.Nodes
open TorchSharp

/// Where the tensors of something that is written down go: by name, none twice.
type internal Written(tensors: IDictionary<string, torch.Tensor>) =

    /// Keeps a tensor under a name, which stays its owner's, and gives the name.
    member _.Keep (name: string) (tensor: torch.Tensor) : string =
        tensors.Add(name, tensor)
        name

/// A Fisher factor as JSON that names tensors, and back. What is read shares the tensors.
[<RequireQualifiedAccess>]
module internal FactorFormat =

    /// Raises an ArgumentException that says what a description lacks.
    let refuse (what: string) =
        invalidArg "description" $"The description must {what}; it is damaged or of another version."

    let private text (value: string) : JsonNode = JsonValue.Create value

    let objectOf (kind: string) (entries: (string * JsonNode) list) : JsonNode =
        let node = JsonObject()
        node["kind"] <- text kind
        for name, entry in entries do
            node[name] <- entry
        node

    /// A list of nodes.
    let arrayOf (nodes: JsonNode seq) : JsonNode = JsonArray(Seq.toArray nodes)

    /// An entry of a node.
    /// Raises when the node has no such entry.
    let entry (name: string) (node: JsonNode) : JsonNode =
        match node with
        | :? JsonObject as found when not (isNull found[name]) -> found[name]
        | _ -> refuse $"have '{name}'"

    /// An entry of a node, if there is one.
    let tryEntry (name: string) (node: JsonNode) =
        match node with
        | :? JsonObject as found -> ValueOption.ofObj found[name]
        | _ -> ValueNone

    /// A node's number or text, of a type.
    let value<'T> (node: JsonNode) : 'T =
        match node with
        | :? JsonValue as found ->
            match found.TryGetValue<'T>() with
            | true, value -> value
            | _ -> refuse $"hold a {typeof<'T>.Name} in place of {found.ToJsonString()}"
        | _ -> refuse $"hold a {typeof<'T>.Name}"

    /// The nodes of a list.
    let items (node: JsonNode) : JsonNode array =
        match node with
        | :? JsonArray as found -> Seq.toArray found
        | _ -> refuse "hold a list"

    /// What a node says it is.
    let kind (node: JsonNode) = entry "kind" node |> value<string>

    /// The tensor that an entry names.
    let tensor (find: string -> torch.Tensor) (name: string) (node: JsonNode) = find (value (entry name node))

    let rec private ofLayer (written: Written) (path: string) (factor: LayerFactor) : JsonNode =
        match factor with
        | LayerFactor.Product(Activations.Rows(A, _), E) ->
            objectOf "rows" [ "A", text (written.Keep $"{path}.A" A); "E", text (written.Keep $"{path}.E" E) ]
        | LayerFactor.Product(Activations.Indices(index, count), E) ->
            objectOf "indices" [
                "index", text (written.Keep $"{path}.index" index)
                "count", JsonValue.Create count
                "E", text (written.Keep $"{path}.E" E)
            ]
        | LayerFactor.Columns P -> objectOf "columns" [ "P", text (written.Keep $"{path}.P" P) ]
        | LayerFactor.Weighted(inner, S) ->
            objectOf "weighted" [
                "factor", ofLayer written $"{path}.factor" inner
                "S", text (written.Keep $"{path}.S" S)
            ]

    let rec private toLayer (find: string -> torch.Tensor) (node: JsonNode) : LayerFactor =
        let tensor name = tensor find name node
        match kind node with
        | "rows" -> LayerFactor.Product(Activations.rows (tensor "A"), tensor "E")
        | "indices" ->
            let count = value<int64>(entry "count" node)
            LayerFactor.Product(Activations.Indices(tensor "index", count), tensor "E")
        | "columns" -> LayerFactor.Columns(tensor "P")
        | "weighted" -> LayerFactor.Weighted(toLayer find (entry "factor" node), tensor "S")
        | other -> refuse $"know gradients of kind '{other}'"

    /// The description of a factor, whose tensors go to `written` under names that begin with `path`.
    let describe (written: Written) (path: string) (G: FisherFactor) : JsonNode =
        G.Parts
        |> Array.mapi (fun i part ->
            objectOf "part" [
                "weight", JsonValue.Create part.Weight
                "layers",
                part.Layers |> Array.mapi (fun l factor -> ofLayer written $"{path}.{i}.{l}" factor) |> arrayOf
            ])
        |> arrayOf

    /// The factor of a description.
    /// Raises an ArgumentException when parts do not fit one another.
    let read (find: string -> torch.Tensor) (node: JsonNode) =
        items node
        |> Array.map (fun part ->
            FisherFactor.ofColumns {
                Layers = items (entry "layers" part) |> Array.map (toLayer find)
                Weight = value<float>(entry "weight" part)
            })
        |> FisherFactor.join

/// A state that is read: where its tensors are found, on the device of the layers. The copies that it makes belong to
/// the caller's scope.
[<Sealed>]
type internal SavedState(saved: IReadOnlyDictionary<string, torch.Tensor>, layers: Layer array) =

    let find (name: string) =
        match saved.TryGetValue name with
        | true, null -> invalidArg "state" $"The state must hold tensors; '{name}' is null."
        | true, tensor when layers.Length > 0 -> tensor.``to`` layers[0].Weight.device
        | true, tensor -> tensor
        | _ -> invalidArg "state" $"The state has no '{name}': it belongs to another model or method."

    /// A tensor of this shape and type, which may be the state's own.
    member _.Like (name: string) (shape: int64 array) (kind: torch.ScalarType) =
        Require.like name shape kind (find name)

    /// A copy of a tensor.
    member _.Copy(name: string) = (find name).clone()

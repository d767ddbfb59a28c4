namespace Foof

open System.Collections.Generic
open System.Text.Json.Nodes
open TorchSharp

/// Structured curvature as a JSON text that names tensors, and back to the same bits: for files.
[<RequireQualifiedAccess>]
module CurvatureFormat =

    let private ofSide (written: Written) (path: string) (side: Side) : JsonNode =
        let kept kind tensor = FactorFormat.objectOf kind [ "tensor", JsonValue.Create(written.Keep path tensor) ]
        match side with
        | Side.Identity(size, c) ->
            FactorFormat.objectOf "identity" [ "size", JsonValue.Create size; "c", JsonValue.Create c ]
        | Side.Diagonal d -> kept "diagonal" d
        | Side.Full M -> kept "full" M
        | Side.Inverse L -> kept "inverse" L

    let private toSide (find: string -> torch.Tensor) (node: JsonNode) : Side =
        let tensor dimensions =
            let found = FactorFormat.tensor find "tensor" node
            if found.dim () <> dimensions then FactorFormat.refuse $"name a side of {dimensions} dimensions"
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

    let internal ofVector (written: Written) (path: string) (x: torch.Tensor array) : JsonNode =
        x |> Array.mapi (fun l x -> JsonValue.Create(written.Keep $"{path}.{l}" x) :> JsonNode) |> FactorFormat.arrayOf

    let internal toVector (find: string -> torch.Tensor) (node: JsonNode) =
        FactorFormat.items node |> Array.map (FactorFormat.value >> find)

    let rec private ofCurvature (written: Written) (path: string) curvature : JsonNode =
        let tensor name (x: torch.Tensor) : string * JsonNode = name, JsonValue.Create(written.Keep $"{path}.{name}" x)

        let several kind parts =
            let nodes = parts |> Array.mapi (fun i part -> ofCurvature written $"{path}.{i}" part)
            FactorFormat.objectOf kind [ "parts", FactorFormat.arrayOf nodes ]

        match curvature with
        | Curvature.Dense(F, shapes) ->
            let shape (sizes: int64 array) =
                sizes |> Seq.map (fun size -> JsonValue.Create size :> JsonNode) |> FactorFormat.arrayOf

            FactorFormat.objectOf "dense" [ tensor "F" F; "shapes", shapes |> Seq.map shape |> FactorFormat.arrayOf ]
        | Curvature.Diagonal D -> FactorFormat.objectOf "diagonal" [ "D", ofVector written $"{path}.D" D ]
        | Curvature.Units F -> FactorFormat.objectOf "units" [ tensor "F" F ]
        | Curvature.Kronecker(E, A) ->
            FactorFormat.objectOf "kronecker" [ "E", ofSide written $"{path}.E" E; "A", ofSide written $"{path}.A" A ]
        | Curvature.Eigenbasis(Q_E, Q_A, S) ->
            FactorFormat.objectOf "eigenbasis" [
                "Q_E", ofSide written $"{path}.Q_E" Q_E
                "Q_A", ofSide written $"{path}.Q_A" Q_A
                tensor "S" S
            ]
        | Curvature.LowRank G -> FactorFormat.objectOf "low rank" [ "G", FactorFormat.describe written $"{path}.G" G ]
        | Curvature.LowRankPlusDiagonal(G, D) ->
            FactorFormat.objectOf "low rank plus diagonal" [
                "G", FactorFormat.describe written $"{path}.G" G
                "D", ofVector written $"{path}.D" D
            ]
        | Curvature.Blocks parts -> several "blocks" parts
        | Curvature.Sum terms -> several "sum" terms

    /// Raises unless a side is a number, or square by group.
    let private requireSquare side =
        match side with
        | Side.Full M
        | Side.Inverse M when M.size 1 <> M.size 2 -> FactorFormat.refuse "name square sides"
        | _ -> ()

    /// Raises unless the tensors of a curvature fit one another.
    let rec private requireSound curvature =
        match curvature with
        | Curvature.Dense(F, shapes) ->
            let p = shapes |> Array.sumBy (Array.fold (*) 1L)

            if F.shape <> [| p; p |] then
                FactorFormat.refuse $"name a matrix [{p}; {p}] in place of [{Shape.text F.shape}]"
        | Curvature.Kronecker(E, A) ->
            requireSquare E
            requireSquare A
        | Curvature.Eigenbasis(Q_E, Q_A, S) ->
            requireSquare Q_E
            requireSquare Q_A

            if S.dim () <> 3L || S.size 1 <> Side.size Q_E || S.size 2 <> Side.size Q_A then
                FactorFormat.refuse $"name a spectrum of its sides' sizes in place of [{Shape.text S.shape}]"
        | Curvature.Units F when F.dim () <> 3L || F.size 1 <> F.size 2 ->
            FactorFormat.refuse $"name a block for each output in place of [{Shape.text F.shape}]"
        | Curvature.Blocks parts
        | Curvature.Sum parts -> Array.iter requireSound parts
        | _ -> ()

    let rec private toCurvature (find: string -> torch.Tensor) (node: JsonNode) : Curvature =
        let entry name = FactorFormat.entry name node
        let tensor name = FactorFormat.tensor find name node
        let parts () = FactorFormat.items (entry "parts") |> Array.map (toCurvature find)
        match FactorFormat.kind node with
        | "dense" ->
            let shape node = FactorFormat.items node |> Array.map FactorFormat.value<int64>
            Curvature.Dense(tensor "F", FactorFormat.items (entry "shapes") |> Array.map shape)
        | "diagonal" -> Curvature.Diagonal(toVector find (entry "D"))
        | "units" -> Curvature.Units(tensor "F")
        | "kronecker" -> Curvature.Kronecker(toSide find (entry "E"), toSide find (entry "A"))
        | "eigenbasis" -> Curvature.Eigenbasis(toSide find (entry "Q_E"), toSide find (entry "Q_A"), tensor "S")
        | "low rank" -> Curvature.LowRank(FactorFormat.read find (entry "G"))
        | "low rank plus diagonal" ->
            Curvature.LowRankPlusDiagonal(FactorFormat.read find (entry "G"), toVector find (entry "D"))
        | "blocks" -> Curvature.Blocks(parts ())
        | "sum" -> Curvature.Sum(parts ())
        | other -> FactorFormat.refuse $"know curvature of kind '{other}'"

    let private soundCurvature find node =
        let found = toCurvature find node
        requireSound found
        found

    /// Cholesky factors as libtorch makes them: see `Factorization.byColumns`.
    let private byColumns inverse =
        let side side =
            match side with
            | Side.Inverse L -> Side.Inverse(Factorization.byColumns L)
            | _ -> side
        match inverse with
        | Curvature.Kronecker(E, A) -> Curvature.Kronecker(side E, side A)
        | _ -> inverse

    let private scalar (find: string -> torch.Tensor) name node =
        let found = FactorFormat.tensor find name node
        Require.like name [||] found.dtype found

    /// A damped inverse, for checkpoints.
    let rec internal ofFactored (written: Written) (path: string) factored : JsonNode =
        let tensor name (x: torch.Tensor) : string * JsonNode = name, JsonValue.Create(written.Keep $"{path}.{name}" x)
        match factored with
        | Factored.Structured(inverse, logDet) ->
            FactorFormat.objectOf "structured" [
                "inverse", ofCurvature written $"{path}.inverse" inverse
                tensor "logdet" logDet
            ]
        | Factored.Woodbury(U, roots, L, logDet) ->
            FactorFormat.objectOf "woodbury" [
                "U", FactorFormat.describe written $"{path}.U" U
                "roots", ofVector written $"{path}.root" roots
                tensor "L" L
                tensor "logdet" logDet
            ]
        | Factored.Blocks parts ->
            FactorFormat.objectOf "blocks" [
                "parts",
                parts |> Array.mapi (fun i part -> ofFactored written $"{path}.{i}" part) |> FactorFormat.arrayOf
            ]

    /// The damped inverse of a description, over tensors that it shares.
    /// Raises an ArgumentException when they do not fit one another.
    let rec internal toFactored (find: string -> torch.Tensor) (node: JsonNode) : Factored =
        let entry name = FactorFormat.entry name node
        match FactorFormat.kind node with
        | "structured" ->
            let inverse = soundCurvature find (entry "inverse")
            Factored.Structured(byColumns inverse, scalar find "logdet" node)
        | "woodbury" ->
            let U = FactorFormat.read find (entry "U")
            let roots = toVector find (entry "roots")
            let L = FactorFormat.tensor find "L" node
            let m = FisherFactor.columns U
            let fits l (root: torch.Tensor) = root.numel () = 1L || root.shape = U.Shapes[l]

            if roots.Length <> U.Shapes.Length || not (Seq.forall id (Seq.mapi fits roots)) then
                FactorFormat.refuse "name roots of one number or of their layer's shape"

            let L = Require.like "L" [| m; m |] L.dtype L
            Factored.Woodbury(U, roots, Factorization.byColumns L, scalar find "logdet" node)
        | "blocks" -> FactorFormat.items (entry "parts") |> Array.map (toFactored find) |> Factored.Blocks
        | other -> FactorFormat.refuse $"know inverses of kind '{other}'"

    /// A curvature's description; its tensors, which stay its own, are added to `tensors` under names that begin with
    /// `path`.
    /// Raises an ArgumentException when a name is taken; what was added before then stays.
    let describe (tensors: IDictionary<string, torch.Tensor>) (path: string) curvature =
        (ofCurvature (Written tensors) path curvature).ToJsonString()

    /// The curvature of a description, over tensors that it shares with `tensors`.
    ///
    /// Raises an ArgumentException when the text is no description, a tensor is missing, a Fisher factor's tensors do
    /// not fit one another, or a side of a Kronecker product has the wrong number of dimensions. Other shapes are not
    /// checked.
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
        soundCurvature find parsed

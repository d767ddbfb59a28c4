namespace Foof

open System
open TorchSharp

/// A structured symmetric positive semi-definite matrix over the weights of one or several layers: F, G G^T or an
/// approximation. Vectors are one matrix V [d_out; d_in] a layer. It does not own its tensors: who made it frees
/// `Curvature.tensors`.
[<RequireQualifiedAccess; ReferenceEquality>]
type Curvature =
    /// The whole matrix over the layers' weights row by row, F [p; p], and the shapes [d_out; d_in].
    | Dense of F: torch.Tensor * shapes: int64 array array
    /// One [d_out; d_in] a layer.
    | Diagonal of D: torch.Tensor array
    /// A block for each row of one layer's W, F [d_out; d_in; d_in].
    | Units of F: torch.Tensor
    /// E (x) A for each group of one layer: V -> E V A.
    | Kronecker of E: Side * A: Side
    /// (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T of one layer, S [g; d_out/g; d_in].
    | Eigenbasis of Q_E: Side * Q_A: Side * S: torch.Tensor
    /// G G^T over all layers of G.
    | LowRank of G: FisherFactor
    /// D + G G^T, D one [d_out; d_in] a layer with positive entries.
    | LowRankPlusDiagonal of G: FisherFactor * D: torch.Tensor array
    /// One after the other along the layers; structures may differ.
    | Blocks of Curvature array
    /// The sum of matrices over the same layers, term by term.
    | Sum of Curvature array

/// The algebra of structured curvature. Every function's result belongs to its caller.
[<RequireQualifiedAccess>]
module Curvature =

    /// The tensors held, for their owner to free.
    let rec tensors curvature =
        match curvature with
        | Curvature.Dense(F, _)
        | Curvature.Units F -> [ F ]
        | Curvature.Diagonal D -> List.ofArray D
        | Curvature.Kronecker(E, A) -> Side.tensors E @ Side.tensors A
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> S :: Side.tensors Q_E @ Side.tensors Q_A
        | Curvature.LowRank G -> FisherFactor.tensors G
        | Curvature.LowRankPlusDiagonal(G, D) -> FisherFactor.tensors G @ List.ofArray D
        | Curvature.Blocks parts
        | Curvature.Sum parts -> parts |> Seq.collect tensors |> List.ofSeq

    /// The shape [d_out; d_in] of each layer, in the layers' order.
    let rec shapes curvature =
        match curvature with
        | Curvature.Dense(_, shapes) -> shapes
        | Curvature.Diagonal D -> D |> Array.map _.shape
        | Curvature.Units F -> [| [| F.size 0; F.size 1 |] |]
        | Curvature.Kronecker(E, A) -> [| Kronecker.shape E A |]
        | Curvature.Eigenbasis(_, _, S) -> [| [| S.size 0 * S.size 1; S.size 2 |] |]
        | Curvature.LowRank G
        | Curvature.LowRankPlusDiagonal(G, _) -> G.Shapes
        | Curvature.Blocks parts -> Array.collect shapes parts
        | Curvature.Sum parts -> shapes parts[0]

    /// The number of weights p.
    let size curvature = shapes curvature |> Array.sumBy (Array.fold (*) 1L)

    /// V as [g; d_out/g; d_in].
    let internal grouped (groups: int64) (V: torch.Tensor) = Kronecker.grouped groups V

    /// Raises an ArgumentException unless V fits the curvature: layers, shapes, type and device.
    let internal requireFit (name: string) curvature (V: torch.Tensor array) =
        WeightVector.check name (shapes curvature) V
        // Multiples of the identity alone fit any type and device.
        match tensors curvature with
        | like :: _ -> Array.iter (Require.alike name like) V
        | [] -> ()

    /// The layers' vectors, part by part of a block-diagonal matrix.
    let internal splitting (parts: Curvature array) (V: torch.Tensor array) =
        Array.zip parts (V |> WeightVector.deal (parts |> Array.map (fun part -> (shapes part).Length)))

    let rec private multiply curvature (V: torch.Tensor array) : torch.Tensor array =
        match curvature with
        | Curvature.Dense(F, shapes) -> WeightVector.unflatten shapes (F.mv (WeightVector.flatten V))
        | Curvature.Diagonal D -> Array.map2 (fun (D: torch.Tensor) (V: torch.Tensor) -> D * V) D V
        | Curvature.Units F -> [| F.bmm(V[0].unsqueeze -1L).squeeze -1L |]
        | Curvature.Kronecker(E, A) -> [| Kronecker.product E A V[0] |]
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> [|
            V[0] |> Kronecker.inBasis Q_E Q_A (S.size 0) (fun rotated -> rotated * S)
          |]
        | Curvature.LowRank G -> FisherFactor.times (FisherFactor.transposeTimes V G) G
        | Curvature.LowRankPlusDiagonal(G, D) ->
            WeightVector.add (multiply (Curvature.Diagonal D) V) (multiply (Curvature.LowRank G) V)
        | Curvature.Blocks parts -> splitting parts V |> Array.collect (fun (part, V) -> multiply part V)
        | Curvature.Sum terms -> terms |> Array.map (fun term -> multiply term V) |> Array.reduce WeightVector.add

    /// C V.
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the shapes, types or devices do not fit.
    /// (MATH 3, 5)
    let product curvature (V: torch.Tensor array) =
        requireFit (nameof V) curvature V
        Scope.owned (fun () -> multiply curvature V) Seq.ofArray

    let rec private diagonalOf curvature : torch.Tensor array =
        match curvature with
        | Curvature.Dense(F, shapes) -> WeightVector.unflatten shapes (torch.diagonal(F, 0L, 0L, 1L).clone())
        | Curvature.Diagonal D -> D |> Array.map _.clone()
        | Curvature.Units F -> [| torch.diagonal(F, 0L, 1L, 2L).clone() |]
        | Curvature.Kronecker(E, A) -> [| Kronecker.diagonal E A |]
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> [| Kronecker.diagonalInBasis Q_E Q_A S |]
        | Curvature.LowRank G -> FisherFactor.diagonal G
        | Curvature.LowRankPlusDiagonal(G, D) -> WeightVector.add D (FisherFactor.diagonal G)
        | Curvature.Blocks parts -> Array.collect diagonalOf parts
        | Curvature.Sum terms -> terms |> Array.map diagonalOf |> Array.reduce WeightVector.add

    /// The diagonal of C.
    /// Shapes: -> one [d_out; d_in] a layer.
    /// The result is a copy and belongs to the caller.
    /// Raises an ArgumentException for a product of two multiples of the identity, which has no type.
    let diagonal curvature = Scope.owned (fun () -> diagonalOf curvature) Seq.ofArray

    let rec private traceOf curvature : torch.Tensor =
        match curvature with
        | Curvature.Kronecker(E, A) -> (Kronecker.traces (Kronecker.like E A) E A).sum()
        | Curvature.Eigenbasis(_, _, S) -> S.sum ()
        | Curvature.LowRank G -> (FisherFactor.squaredNorms G).sum()
        | Curvature.Blocks parts
        | Curvature.Sum parts -> parts |> Array.map traceOf |> Array.reduce (fun x y -> x + y)
        | _ -> diagonalOf curvature |> Array.map _.sum() |> Array.reduce (fun x y -> x + y)

    /// tr C, a scalar in the curvature's type and on its device.
    /// The result belongs to the caller.
    /// Raises an ArgumentException for a product of two multiples of the identity, which has no type.
    let trace curvature = Scope.tensor (fun () -> traceOf curvature)

    let rec private denseOf curvature : torch.Tensor =
        match curvature with
        | Curvature.Dense(F, _) -> F.clone ()
        | Curvature.Diagonal D -> torch.diag_embed (WeightVector.flatten D)
        | Curvature.Units F -> torch.block_diag [| for row in 0L .. F.size 0 - 1L -> F.select (0L, row) |]
        | Curvature.Kronecker(E, A) -> Kronecker.dense E A
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> Kronecker.denseInBasis Q_E Q_A S
        | Curvature.LowRank G -> FisherFactor.dense G
        | Curvature.LowRankPlusDiagonal(G, D) -> FisherFactor.dense G + torch.diag_embed (WeightVector.flatten D)
        | Curvature.Blocks parts -> torch.block_diag (Array.map denseOf parts)
        | Curvature.Sum terms -> terms |> Array.map denseOf |> Array.reduce (fun x y -> x + y)

    /// C written out.
    /// Shapes: -> [p; p], the layers' weights row by row, one after the other.
    /// The result belongs to the caller.
    /// Raises an ArgumentException, which states the bytes, when 8 p^2 are more than 4 GB (above 22,360 weights), and
    /// for a product of two multiples of the identity, which has no type.
    let dense curvature =
        FisherFactor.requireDense (size curvature)
        Scope.tensor (fun () -> denseOf curvature)

    let rec private scaled (c: float) curvature =
        match curvature with
        | Curvature.Dense(F, shapes) -> Curvature.Dense(F * c, shapes)
        | Curvature.Diagonal D -> Curvature.Diagonal(WeightVector.scale c D)
        | Curvature.Units F -> Curvature.Units(F * c)
        | Curvature.Kronecker(E, A) -> Curvature.Kronecker(Side.scale c E, A)
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> Curvature.Eigenbasis(Q_E, Q_A, S * c)
        | Curvature.LowRank G -> Curvature.LowRank(FisherFactor.scale c G)
        | Curvature.LowRankPlusDiagonal(G, D) ->
            Curvature.LowRankPlusDiagonal(FisherFactor.scale c G, WeightVector.scale c D)
        | Curvature.Blocks parts -> Curvature.Blocks(Array.map (scaled c) parts)
        | Curvature.Sum terms -> Curvature.Sum(Array.map (scaled c) terms)

    /// c C, c >= 0, structure by structure: of a Kronecker product E is scaled.
    /// It may share tensors with C, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when c is negative or not finite.
    let scale (c: float) curvature =
        Require.nonNegative (nameof c) c
        scaled c curvature

    let private plus (X: torch.Tensor) (diagonal: unit -> torch.Tensor) = Scope.tensor (fun () -> X + diagonal ())

    let rec private plusDiagonal (D: torch.Tensor array) curvature =
        let terms own = Curvature.Sum(Array.append own [| Curvature.Diagonal D |])
        match curvature with
        | Curvature.Dense(F, shapes) ->
            Curvature.Dense(plus F (fun () -> torch.diag_embed (WeightVector.flatten D)), shapes)
        | Curvature.Diagonal D' -> Curvature.Diagonal(WeightVector.add D' D)
        | Curvature.Units F -> Curvature.Units(plus F (fun () -> torch.diag_embed D[0]))
        | Curvature.LowRank G -> Curvature.LowRankPlusDiagonal(G, D)
        | Curvature.LowRankPlusDiagonal(G, D') -> Curvature.LowRankPlusDiagonal(G, WeightVector.add D' D)
        | Curvature.Blocks parts ->
            splitting parts D |> Array.map (fun (part, D) -> plusDiagonal D part) |> Curvature.Blocks
        | Curvature.Kronecker _
        | Curvature.Eigenbasis _ -> terms [| curvature |]
        | Curvature.Sum own -> terms own

    /// C + D for a diagonal D, one [d_out; d_in] a layer. Kronecker products and eigenbases become a `Sum`.
    /// It may share tensors with both, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when the shapes, types or devices do not fit.
    let addDiagonal (D: torch.Tensor array) curvature =
        requireFit (nameof D) curvature D
        plusDiagonal D curvature

    let rec private sum x y =
        match x, y with
        | Curvature.Dense(F, shapes), Curvature.Dense(F', _) -> Curvature.Dense(F + F', shapes)
        | Curvature.Dense(F, shapes), Curvature.LowRank G
        | Curvature.LowRank G, Curvature.Dense(F, shapes) ->
            Curvature.Dense(plus F (fun () -> FisherFactor.dense G), shapes)
        | Curvature.Units F, Curvature.Units F' -> Curvature.Units(F + F')
        | Curvature.LowRank G, Curvature.LowRank G' -> Curvature.LowRank(FisherFactor.join [| G; G' |])
        | Curvature.LowRankPlusDiagonal(G, D), Curvature.LowRank G'
        | Curvature.LowRank G', Curvature.LowRankPlusDiagonal(G, D) ->
            Curvature.LowRankPlusDiagonal(FisherFactor.join [| G; G' |], D)
        | Curvature.LowRankPlusDiagonal(G, D), Curvature.LowRankPlusDiagonal(G', D') ->
            Curvature.LowRankPlusDiagonal(FisherFactor.join [| G; G' |], WeightVector.add D D')
        | Curvature.Diagonal D, other
        | other, Curvature.Diagonal D -> plusDiagonal D other
        | Curvature.Blocks parts, Curvature.Blocks parts' when Array.map shapes parts = Array.map shapes parts' ->
            Curvature.Blocks(Array.map2 sum parts parts')
        | Curvature.Sum terms, other
        | other, Curvature.Sum terms -> Curvature.Sum(Array.append terms [| other |])
        | _ -> Curvature.Sum [| x; y |]

    let private requireSameLayers x y =
        if shapes x <> shapes y then
            invalidArg "y" $"y must be over the same layers as x, {Shape.list (shapes x)}; got {Shape.list (shapes y)}."
        for x, y in Seq.allPairs (Seq.truncate 1 (tensors x)) (Seq.truncate 1 (tensors y)) do
            Require.alike "y" x y

    /// C + C', as of two tasks: exact. Dense, diagonal, unit-wise and low-rank matrices stay what they are (columns are
    /// put side by side); other sums are kept term by term, for products: `merge` makes one Kronecker product of two.
    /// It may share tensors with both, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when the shapes, types or devices differ.
    let add x y =
        requireSameLayers x y
        sum x y

    let rec private merged x y =
        match x, y with
        | Curvature.Kronecker(E, A), Curvature.Kronecker(E', A') ->
            let struct (E, A) = Scope.owned (fun () -> Kronecker.merged E A E' A') (fun struct (E, A) -> [ E; A ])
            Curvature.Kronecker(Side.Full E, Side.Full A)
        | Curvature.Blocks parts, Curvature.Blocks parts' when Array.map shapes parts = Array.map shapes parts' ->
            Curvature.Blocks(Array.map2 merged parts parts')
        | _ -> sum x y

    /// One Kronecker product in place of the sum of two, (E + pi E') (x) (A + A'/pi) with
    /// pi^2 = tr E tr A' / (tr E' tr A), scaled so that the trace is that of the sum: merged tasks would count double
    /// without. A product that is zero leaves the other one as it is. Block-diagonal matrices are merged part by part;
    /// others are added.
    /// The result shares no tensor with merged Kronecker products, and may with others; new tensors belong to the
    /// caller.
    /// Raises an ArgumentException when the shapes, types or devices differ.
    /// (K-FAC EWC with the trace correction; MATH 7)
    let merge x y =
        requireSameLayers x y
        merged x y

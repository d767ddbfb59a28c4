/// Functions of activations and Fisher factors by name, with arguments to call them with.
module Foof.Core.Tests.FactorCalls

open Foof
open TorchSharp

/// A call: the tensors of its arguments, and what it makes of them.
[<ReferenceEquality>]
type Call = { Name: string; Arguments: torch.Tensor list; Run: unit -> torch.Tensor list }

let called name arguments run = { Name = name; Arguments = arguments; Run = run }

let vector (change: torch.Tensor -> torch.Tensor) shapes = Vectors.random shapes |> Array.map change

let layers: Factors.LayerSizes list = [
    for form, groups, positions in
        [
            Factors.Rows, 1, 1
            Factors.Rows, 2, 3
            Factors.OneHot, 1, 1
            Factors.OneHot, 1, 3
            Factors.Written, 1, 1
            Factors.Weighted, 2, 3
        ] do
        { Form = form; Groups = groups; Outputs = 2; Inputs = 3; Positions = positions }
]

let activations (change: torch.Tensor -> torch.Tensor) (layer: Factors.LayerSizes) =
    let x = Factors.activations 4 layer.Positions layer |> Activations.map change
    let y = Factors.activations 4 layer.Positions layer |> Activations.map change
    let written = Activations.rows (Activations.dense Networks.double y)
    let V = Networks.normal [ layer.Groups; 2; 3 ] |> change
    let E = Networks.normal [ layer.Groups; 4; layer.Positions; 2 ] |> change
    let all = V :: E :: Activations.tensors x @ Activations.tensors y

    let call name run = called $"Activations.{name}, {layer.Form}" all run

    let many name (run: unit -> Activations) = call name (run >> Activations.tensors)
    let one name (run: unit -> torch.Tensor) = call name (run >> List.singleton)

    [
        for kind in [ Networks.double; torch.ScalarType.Float32 ] do
            one "dense" (fun () -> Activations.dense kind x)
            many "ofType" (fun () -> Activations.ofType kind x)
            one "squaredNorms" (fun () -> Activations.squaredNorms kind x)
        many "points" (fun () -> Activations.points 1L 2L x)
        many "joinPositions" (fun () -> Activations.joinPositions [| x; y |])
        many "joinDataPoints" (fun () -> Activations.joinDataPoints [| x; y |])
        one "gram" (fun () -> Activations.gram x y Networks.double)
        one "gram, mixed" (fun () -> Activations.gram x written Networks.double)
        one "times" (fun () -> Activations.times V x)
        one "gradient" (fun () -> Activations.gradient E x)
    ]

let layerFactors (change: torch.Tensor -> torch.Tensor) (layer: Factors.LayerSizes) =
    let G =
        Factors.factor { Seed = 1; Points = 4; PerPoint = 3; Parts = 1; Layers = [ layer ] }
        |> ChangedFactors.map change

    let factor = G.Parts[0].Layers[0]
    let shape = LayerFactor.shape factor
    let v = (vector change [| shape |])[0]
    let w = Networks.normal [ int (LayerFactor.columns factor) ] |> change
    let c = Networks.normal [ 1; 1 ] |> change
    let K = Networks.normal [ int (w.size 0); int (w.size 0) ] |> change

    let basis d = Networks.normal [ layer.Groups; d; d ] |> change

    let Q_E, Q_A = basis 2, basis 3
    let all = v :: w :: c :: K :: Q_E :: Q_A :: LayerFactor.tensors factor

    let call name run = called $"{name}, {layer.Form}, R = {layer.Positions}" all run

    let one name (run: unit -> torch.Tensor) = call name (run >> List.singleton)
    let nothing name (run: unit -> unit) = call name (run >> fun () -> [])

    [
        nothing "LayerFactor.check" (fun () -> LayerFactor.check "factor" factor)
        call "LayerFactor.weighted" (fun () -> LayerFactor.tensors (LayerFactor.weighted factor v))
        call "LayerFactor.weighted, number" (fun () -> LayerFactor.tensors (LayerFactor.weighted factor c))
        for kind in [ Networks.double; torch.ScalarType.Float32 ] do
            nothing "LayerFactor.forEachWritten" (fun () ->
                LayerFactor.forEachWritten kind factor (fun _ P -> P.square () |> ignore))

            one "LayerFactor.written" (fun () -> LayerFactor.written kind factor)
        for route in [ GramRoute.Pairs; GramRoute.Explicit ] do
            nothing $"LayerFactor.addGramBy {route}" (fun () -> LayerFactor.addGramBy route factor factor K)
        nothing "LayerFactor.addGram" (fun () -> LayerFactor.addGram factor factor K)
        one "LayerFactor.transposeTimes" (fun () -> LayerFactor.transposeTimes v factor)
        one "LayerFactor.times" (fun () -> LayerFactor.times w factor)
        one "LayerFactor.squaredNorms" (fun () -> LayerFactor.squaredNorms factor)
        one "LayerFactor.diagonal" (fun () -> LayerFactor.diagonal w factor)
        one "Statistic.weightedErrors" (fun () -> Statistic.weightedErrors (int64 layer.Groups) 0.5 factor)
        one "Statistic.weightedActivations" (fun () -> Statistic.weightedActivations (int64 layer.Groups) 0.5 factor)
        one "Statistic.units" (fun () -> Statistic.units 0.5 factor)
        match factor with
        | LayerFactor.Product(activations, E) ->
            for positions in [ Positions.Summed; Positions.Averaged; Positions.Pooled ] do
                one $"Statistic.activations {positions}" (fun () ->
                    Statistic.activations positions Networks.double activations)

                one $"Statistic.errors {positions}" (fun () -> Statistic.errors positions 0.5 E)

            one "Statistic.meanActivation" (fun () -> Statistic.meanActivation Networks.double activations)
            one "Statistic.meanError" (fun () -> Statistic.meanError E)
            one "Statistic.spectrum" (fun () -> Statistic.spectrum Q_E Q_A 0.5 factor)
        | _ -> ()
    ]

let fisherFactors (change: torch.Tensor -> torch.Tensor) =
    let draw seed =
        Factors.factor { Seed = seed; Points = 3; PerPoint = 2; Parts = 2; Layers = List.take 4 layers }
        |> ChangedFactors.map change

    let G, G' = draw 1, draw 2
    let v = vector change G.Shapes
    let c = G.Shapes |> Array.map (fun _ -> Networks.normal [ 1; 1 ] |> change)
    let w = Networks.normal [ int (FisherFactor.columns G) ] |> change
    let b, a = Networks.normal [ 2; 3 ] |> change, Networks.normal [ 2; 4 ] |> change

    let all = w :: b :: a :: [ yield! v; yield! c; yield! FisherFactor.tensors G; yield! FisherFactor.tensors G' ]

    let call name run = called name all run

    let one name (run: unit -> torch.Tensor) = call $"FisherFactor.{name}" (run >> List.singleton)

    let some name (run: unit -> torch.Tensor array) = call $"FisherFactor.{name}" (run >> List.ofArray)

    let factor name run = call $"FisherFactor.{name}" (run >> FisherFactor.tensors)

    let structure name run = call $"Structure.{name}" (run >> Curvature.tensors)

    [
        factor "ofColumns" (fun () -> FisherFactor.ofColumns G.Parts[0])
        factor "layer" (fun () -> FisherFactor.layer 1 G)
        factor "join" (fun () -> FisherFactor.join [| G; G' |])
        factor "scale" (fun () -> FisherFactor.scale 0.5 G)
        factor "weighted" (fun () -> FisherFactor.weighted v G)
        factor "weighted, numbers" (fun () -> FisherFactor.weighted c G)
        one "gram" (fun () -> FisherFactor.gram G)
        one "crossGram" (fun () -> FisherFactor.crossGram G G')
        one "transposeTimes" (fun () -> FisherFactor.transposeTimes v G)
        some "times" (fun () -> FisherFactor.times w G)
        one "squaredNorms" (fun () -> FisherFactor.squaredNorms G)
        some "diagonal" (fun () -> FisherFactor.diagonal G)
        one "dense" (fun () -> FisherFactor.dense G)
        structure "lowRank" (fun () -> Structure.lowRank G)
        structure "layerwiseLowRank" (fun () -> Structure.layerwiseLowRank G)
        structure "dense" (fun () -> Structure.dense G)
        structure "layerwiseDense" (fun () -> Structure.layerwiseDense G)
        structure "diagonal" (fun () -> Structure.diagonal G)
        structure "units" (fun () -> Structure.units G)
        for positions in [ Positions.Summed; Positions.Averaged; Positions.Pooled ] do
            structure $"kronecker {positions}" (fun () -> Structure.kronecker positions positions G)
            structure $"eigenbasis {positions}" (fun () -> Structure.eigenbasis positions positions G)
        structure "traceKronecker" (fun () -> Structure.traceKronecker G)
        structure "rankOne" (fun () -> Structure.rankOne b a)
    ]

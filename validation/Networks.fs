/// Small random networks in float64: one for each kind of layer.
module internal Foof.Validation.Networks

open Foof
open Foof.Explicit
open TorchSharp

type private Layer = torch.nn.Module<torch.Tensor, torch.Tensor>

let private double = torch.ScalarType.Float64

let private linear (inputs: int) (outputs: int) (bias: bool) : Layer =
    torch.nn.Linear(int64 inputs, int64 outputs, bias, dtype = double)

let private longs (shape: int list) = shape |> List.map int64 |> List.toArray

let private normal (shape: int list) = torch.randn (longs shape, dtype = double)

/// Whole numbers below `count`.
let private numbers (count: int) (shape: int list) =
    torch.randint (int64 count, longs shape, dtype = torch.ScalarType.Int64)

let private problem layers run likelihood input target = {
    Network = new Network(layers, run)
    Likelihood = likelihood
    Input = input
    Target = target
}

let private perceptron bias likelihood (target: unit -> torch.Tensor) () =
    problem
        [ "first", linear 3 4 bias; "last", linear 4 3 bias ]
        (fun layer x -> layer 1 ((layer 0 x).tanh()))
        likelihood
        (normal [ 5; 3 ])
        (target ())

/// A convolution of 2 channels, tanh, the mean over positions, and a head with two outputs.
let private convolutional (make: unit -> Layer) (channels: int) likelihood (target: unit -> torch.Tensor) () =
    problem
        [ "convolution", make (); "head", linear channels 2 true ]
        (fun layer x -> layer 1 ((layer 0 x).tanh().mean([| 2L; 3L |])))
        likelihood
        (normal [ 4; 2; 5; 4 ])
        (target ())

let private strided () : Layer = torch.nn.Conv2d(2L, 3L, 2L, stride = 2L, bias = false, dtype = double)

let private padded () : Layer = torch.nn.Conv2d(2L, 2L, 3L, stride = 2L, padding = 1L, dtype = double)

let private dilated () : Layer = torch.nn.Conv2d(2L, 2L, 2L, dilation = 2L, dtype = double)

let private grouped () : Layer = torch.nn.Conv2d(2L, 4L, 2L, groups = 2L, dtype = double)

/// One layer, called twice, and a head.
let private tied () =
    problem
        [ "tied", linear 3 3 true; "head", linear 3 2 true ]
        (fun layer x -> layer 1 ((layer 0 ((layer 0 x).tanh())).tanh()))
        (Likelihood.Gaussian 0.5)
        (normal [ 5; 3 ])
        (normal [ 5; 2 ])

/// Inputs [n; R; d], and a label, or one of each output, for every token.
let private tokens (outputs: int) likelihood (target: unit -> torch.Tensor) () =
    problem
        [ "first", linear 2 3 true; "last", linear 3 outputs true ]
        (fun layer x -> (layer 1 ((layer 0 x).tanh())).transpose(1L, 2L))
        likelihood
        (normal [ 4; 3; 2 ])
        (target ())

/// One token without a label, and one data point without any.
let private withIgnored () =
    let target = numbers 3 [ 4; 3 ]
    target[0L, 1L] <- torch.tensor -100L
    target[2L] <- torch.tensor -100L
    target

/// Inputs [n; R; d], and a label for their mean.
let private pooled () =
    problem
        [ "first", linear 2 3 true; "last", linear 3 3 false ]
        (fun layer x -> layer 1 ((layer 0 x).tanh().mean([| 1L |])))
        Likelihood.Categorical
        (normal [ 5; 3; 2 ])
        (numbers 3 [ 5 ])

let private embedding () =
    problem
        [ "table", torch.nn.Embedding(4L, 3L, dtype = double); "head", linear 3 3 true ]
        (fun layer x -> layer 1 ((layer 0 x).tanh().mean([| 1L |])))
        Likelihood.Categorical
        (numbers 4 [ 5; 3 ])
        (numbers 3 [ 5 ])

let private layerNorm () =
    problem
        [ "first", linear 3 4 true; "norm", torch.nn.LayerNorm([| 4L |], dtype = double); "last", linear 4 2 true ]
        (fun layer x -> layer 2 ((layer 1 (layer 0 x)).tanh()))
        (Likelihood.Gaussian 2.0)
        (normal [ 5; 3 ])
        (normal [ 5; 2 ])

/// A batch norm with scale, shift and running statistics as after training.
let private batchNorm (channels: int) : Layer =
    let norm = torch.nn.BatchNorm2d(int64 channels, dtype = double)

    for mean in [ norm.bias :> torch.Tensor; norm.running_mean ] do
        torch.nn.init.normal_ mean |> ignore

    for positive in [ norm.weight :> torch.Tensor; norm.running_var ] do
        torch.nn.init.uniform_ (positive, 0.5, 2.0) |> ignore

    norm

/// A batch norm in evaluation mode, behind a convolution.
let private batchNormRunning () =
    let problem =
        problem
            [ "convolution", dilated (); "norm", batchNorm 2; "head", linear 2 2 true ]
            (fun layer x -> layer 2 ((layer 1 (layer 0 x)).tanh().mean([| 2L; 3L |])))
            Likelihood.Categorical
            (normal [ 4; 2; 5; 4 ])
            (numbers 2 [ 4 ])

    problem.Network.eval ()
    problem

/// A batch norm in training mode. It comes first, since layers before it would depend on other data points through it.
let private batchNormTraining () =
    problem
        [ "norm", batchNorm 2; "convolution", dilated (); "head", linear 2 2 true ]
        (fun layer x -> layer 2 ((layer 1 ((layer 0 x).tanh())).tanh().mean([| 2L; 3L |])))
        (Likelihood.Gaussian 0.5)
        (normal [ 4; 2; 5; 4 ])
        (normal [ 4; 2 ])

/// A layer over images of one to three axes, the mean over positions, and a head with two outputs.
let private overAxes (make: unit -> Layer list) (channels: int) (image: int list) () =
    let layers = make ()
    let before = layers.Length

    problem
        ([ for place, layer in List.indexed layers -> $"layer{place}", layer ] @ [ "head", linear channels 2 true ])
        (fun layer x ->
            // Without tanh before a norm the errors of its inputs would add up to zero, by which damping rules divide.
            let features = [ 0 .. before - 1 ] |> List.fold (fun x place -> (layer place x).tanh()) x
            layer before (features.flatten(2L).mean([| 2L |])))
        (Likelihood.Gaussian 0.5)
        (normal image)
        (normal [ image[0]; 2 ])

let private line () : Layer = torch.nn.Conv1d(2L, 3L, 2L, stride = 2L, padding = 1L, dtype = double)

/// A norm whose scale and shift are as after training.
let private trained (norm: Layer) =
    for parameter in norm.parameters () do
        torch.nn.init.normal_ parameter |> ignore

    norm

let private axes: (string * (unit -> Layer list) * int * int list) list = [
    "conv1d stride=2", (fun () -> [ line () ]), 3, [ 4; 2; 5 ]
    "conv3d", (fun () -> [ torch.nn.Conv3d(1L, 2L, 2L, dtype = double) ]), 2, [ 3; 1; 3; 2; 3 ]
    "transposed conv1d groups=2",
    (fun () -> [
        torch.nn.ConvTranspose1d(4L, 4L, 3L, stride = 2L, padding = 1L, groups = 2L, bias = false, dtype = double)
    ]),
    4,
    [ 4; 4; 3 ]
    "transposed conv2d",
    (fun () -> [
        torch.nn.ConvTranspose2d(2L, 3L, 3L, stride = 2L, padding = 1L, dilation = 2L, bias = false, dtype = double)
    ]),
    3,
    [ 3; 2; 2; 3 ]
    "transposed conv3d",
    (fun () -> [ torch.nn.ConvTranspose3d(1L, 2L, 2L, stride = 2L, padding = 1L, bias = false, dtype = double) ]),
    2,
    [ 3; 1; 2; 2; 3 ]
    "group norm",
    (fun () -> [ torch.nn.Conv1d(2L, 4L, 2L, dtype = double); trained (torch.nn.GroupNorm(2L, 4L, dtype = double)) ]),
    4,
    [ 4; 2; 4 ]
    "instance norm",
    (fun () -> [ line (); trained (torch.nn.InstanceNorm1d(3L, affine = true, dtype = double)) ]),
    3,
    [ 4; 2; 7 ]
]

/// One head of self-attention, and a label for the tokens' mean.
let private attention () =
    problem
        [ for name in [ "query"; "key"; "value"; "output" ] -> name, linear 3 3 true ]
        (fun layer x ->
            // Without tanh the errors of the keys would add up to zero, by which damping rules divide.
            let keys = (layer 1 x).tanh()
            let weights = ((layer 0 x).bmm(keys.transpose (1L, 2L))).softmax -1L
            (layer 3 (weights.bmm (layer 2 x))).mean [| 1L |])
        Likelihood.Categorical
        (normal [ 4; 3; 3 ])
        (numbers 3 [ 4 ])

/// tanh(W x_t + U h), and a label for the last state.
let private recurrent () =
    problem
        [ "input", linear 2 3 true; "hidden", linear 3 3 false; "head", linear 3 2 true ]
        (fun layer x ->
            let step (h: torch.Tensor) t = (layer 0 (x.select (1L, t)) + layer 1 h).tanh()
            layer 2 (Seq.fold step (torch.zeros (x.size 0, 3L, dtype = double)) [ 0L .. x.size 1 - 1L ]))
        Likelihood.Categorical
        (normal [ 4; 3; 2 ])
        (numbers 2 [ 4 ])

/// Graphs of up to four nodes on a ring, padded: features, and one where a node is there.
let graphs () =
    let x = normal [ 4; 4; 3 ]

    for graph, nodes in [ 0, 3; 1, 4; 2, 1; 3, 2 ] do
        for node in 0..3 do
            x[int64 graph, int64 node, 2L] <- torch.tensor (if node < nodes then 1.0 else 0.0)

    x

/// Whether the nodes are there, whether the edges are, from each node to the next, and the nodes' features.
let nodesOf (x: torch.Tensor) =
    let isNode = x.select(2L, 2L).gt(0.5.ToScalar())
    struct (isNode, isNode.logical_and (isNode.roll (-1L, 1L)), x.narrow (2L, 0L, 2L))

/// The mean over the positions that count, zero where none does.
let meanOver (mask: torch.Tensor) (x: torch.Tensor) =
    let weights = mask.``to``(double).unsqueeze -1L
    (x * weights).sum([| 1L |]) / weights.sum([| 1L |]).clamp_min(1.0.ToScalar())

/// A graph network: edges from pairs of nodes, nodes from their edges, and a label for the mean node.
let private graph () =
    problem
        [ "edges", linear 4 3 true; "nodes", linear 5 3 true; "head", linear 3 3 true ]
        (fun layer x ->
            let struct (isNode, isEdge, features) = nodesOf x
            let pairs = torch.cat ([| features; features.roll (-1L, 1L) |], 2L)
            let edges =
                use _edges = PositionMask.Over isEdge
                (layer 0 pairs).tanh() * isEdge.unsqueeze -1L
            let nodes =
                use _nodes = PositionMask.Over isNode
                layer 1 (torch.cat ([| features; edges |], 2L))
            layer 2 (meanOver isNode (nodes.tanh ())))
        Likelihood.Categorical
        (graphs ())
        (numbers 3 [ 4 ])

let private named ignores = List.map (fun (name, make) -> { Name = name; Ignores = ignores; Make = make })

/// One network for each likelihood.
let ofEachLikelihood: Kind list =
    named false [
        "fully connected, bias", perceptron true Likelihood.Categorical (fun () -> numbers 3 [ 5 ])
        "fully connected", perceptron false (Likelihood.Gaussian 0.5) (fun () -> normal [ 5; 3 ])
        "tokens, sigma per output",
        tokens 2 (Likelihood.GaussianPerOutput [| 0.8; 2.0 |]) (fun () -> normal [ 4; 2; 3 ])
        "conv padding=1", convolutional padded 2 Likelihood.Bernoulli (fun () -> (numbers 2 [ 4; 2 ]).``to`` double)
        "conv dilation=2", convolutional dilated 2 Likelihood.Poisson (fun () -> (numbers 4 [ 4; 2 ]).``to`` double)
    ]

/// Every kind of layer and likelihood, in the order of the table.
let all: Kind list =
    ofEachLikelihood
    @ named false [
        "conv stride=2, no bias", convolutional strided 3 Likelihood.Categorical (fun () -> numbers 2 [ 4 ])
        "conv groups=2", convolutional grouped 4 Likelihood.Categorical (fun () -> numbers 2 [ 4 ])
        "tied", tied
        "tokens", tokens 3 Likelihood.Categorical (fun () -> numbers 3 [ 4; 3 ])
        "tokens, pooled", pooled
        "embedding", embedding
        "layer norm", layerNorm
        "batch norm, running", batchNormRunning
        "batch norm, training", batchNormTraining
        for name, make, channels, image in axes do
            name, overAxes make channels image
        "self-attention", attention
        "recurrent", recurrent
        "graphs, masked", graph
    ]
    @ named true [ "tokens, ignored labels", tokens 3 Likelihood.Categorical withIgnored ]

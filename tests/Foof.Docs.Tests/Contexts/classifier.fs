open Foof
open TorchSharp

torch.manual_seed 1L |> ignore
let images = torch.randn (200L, 20L)

let labels = (images.mm (torch.randn (20L, 20L)) * images).sum(1L).gt(0.0.ToScalar()).``to`` torch.int64

let batches = [ for i in 0L .. 3L -> struct (images.narrow (0L, 50L * i, 50L), labels.narrow (0L, 50L * i, 50L)) ]

let model = torch.nn.Sequential(torch.nn.Linear(20L, 50L), torch.nn.ReLU(), torch.nn.Linear(50L, 2L))

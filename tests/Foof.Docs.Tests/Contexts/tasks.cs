// with classifier
using var optimizer = torch.optim.Adam(model.parameters(), 1e-2);
List<(Tensor Input, Tensor Target)>[] sequence = [trainingBatches, [(testImages, testLabels)]];

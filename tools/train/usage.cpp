// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "options.h"

namespace mpq::train {

const char* const usage =
    R"(Usage: mpq-train mbt2018-nano|mbt2018|mbt2018-mean --data FOLDER... --output FOLDER [OPTIONS]
       mpq-train adapt MODEL.safetensors --data FOLDER... --output FOLDER [--minutes NUMBER] [OPTIONS]
       mpq-train export FOLDER FILE.safetensors [--level LEVEL] [--precision float16]
       mpq-train validate FOLDER --data FOLDER...
       mpq-train data --output FOLDER [--data FOLDER...] [--keep]

Trains a learned image codec on pictures (JPEG, PNG, WebP, PPM; folders are searched to their ends). Everything is
kept in the output folder: state.safetensors, from which the same command goes on after any interruption;
model.safetensors, for mpqmbt2018enc model-file=...; log.csv and log.svg.

adapt goes on with a model's file of any of these architectures on pictures of yours, and tells what it has brought on
those that it was not trained on: of --validate, or where that is not given a tenth of --data. The same files as above,
and adaptation.csv. Channels and levels are the model's.

data gets photographs to train on, of Debian packages by apt-get download (no root is needed), or of your own folders
and videos, into FOLDER/train and FOLDER/validate, reduced to 2000 pixels, with a card of where each is from.

  --data FOLDER...          pictures to train on
  --output FOLDER           what is made; goes on with the training whose state is there
  --steps NUMBER            of the whole training; the learning rate falls until then (200000)
  --minutes NUMBER          stop after so many, and save; without: at the last step. adapt: of the whole training; the
                            learning rate falls until then (10; without where --steps is given)
  --save-minutes NUMBER     between two times that all is saved (2)
  --validate FOLDER...      pictures that are coded and decoded on the way, for validation.csv
  --validate-minutes NUMBER between two validations (30); the last is at the end

Of a new training:
  --n NUMBER, --m NUMBER    channels of the hidden layers and of the latents (64, 96; mbt2018-nano: 64, 192)
  --wide NUMBER, --deep NUMBER, --wide-blocks NUMBER, --deep-blocks NUMBER, --hyper NUMBER, --context NUMBER,
  --parameters NUMBER       mbt2018-nano: channels and blocks of its networks (64, 96, 3, 3, 128, 128, 256)
  --levels NUMBER           of the rate, in one model (6); 1: a model of one rate
  --least-lambda NUMBER     the loss is lambda 255^2 MSE + bits a pixel: of the smallest files (0.001)
  --most-lambda NUMBER      of the largest files, and where there is one level (0.02; adapt: the model's)
  --batch NUMBER            crops a step (4)
  --crop PIXELS             their side, a multiple of 64 (192); smaller ones do not teach a context model to be stable
  --learning-rate NUMBER    at first (0.001; adapt: 0.0002)
  --seed NUMBER             the same seed gives the same training, with --threads 1 to the bit (1)
  --precision PRECISION     auto (default), float32 or bfloat16: of the layers of high resolution; export: float32 or
                            float16, a file of half the size

  --memory MEGABYTES        for decoded pictures (2048); what does not fit is left out
  --device DEVICE           cpu (default), cuda or cuda:N, where LibTorch has it: what trains; pictures are coded on the
                            processor
  --threads NUMBER          0 (default): one for each processor
  --augment                 adapt: also crops that are reduced, or have other colours, as in a new training
  --keep                    data: keep the packages that are fetched
  --level LEVEL             export: a file of this level of the rate alone, 0 the smallest; between two is
                            between their rates

Exit status: 0 done; 1 something failed; 2 wrong usage.
)";

}  // namespace mpq::train

"""gensim and faiss over the matrix of the benchmarks, as their users call them."""
import contextlib
import os
import warnings

import faiss
import numpy
from gensim.models import KeyedVectors
from threadpoolctl import threadpool_limits

import harness


warnings.filterwarnings("ignore", "invalid value encountered in")  # gensim's, over a row of zeros


class Matrix:
    """The rows in both libraries, in memory and warm."""

    def __init__(self):
        self.vectors = KeyedVectors.load(os.path.join(harness.DATA, "words.gensim"))
        self.vectors.fill_norms()
        self.unit = numpy.nan_to_num(self.vectors.get_normed_vectors())
        self.flat = faiss.IndexFlatIP(self.vectors.vector_size)
        self.flat.add(self.unit)

    def gensim(self, word, k):
        return self.vectors.most_similar(word, topn=k)

    def faiss(self, words, k):
        """For each word its (word, similarity) pairs, itself among them."""
        rows = [self.vectors.key_to_index[word] for word in words]
        similarities, found = self.flat.search(numpy.ascontiguousarray(self.unit[rows]), k)
        return [[(self.vectors.index_to_key[row], float(similarity)) for row, similarity in zip(rows, line)]
                for rows, line in zip(found, similarities)]

    @contextlib.contextmanager
    def threads(self, cores):
        """Has both work on these cores with a thread each."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)
        with threadpool_limits(len(cores)):
            faiss.omp_set_num_threads(len(cores))
            yield
        os.sched_setaffinity(0, before)
